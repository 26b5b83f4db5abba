"""How many tokens a text takes, roughly, without any model's tokenizer.

The rule: a character of Chinese, Japanese or Korean is one token; a word of any other script one for
every four letters begun; a number one for every three digits begun; a run of punctuation one for every
three marks begun; spaces belong to what follows them and are free. A message adds four tokens for its
role and its ends. `bench/draft.py` compares the rule with the tokenizer of Gemma 3 where that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PER_MESSAGE = 4

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
# Vowel signs and tone marks belong to the word they stand on, though Python's \w leaves them out.
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_TOKENS = re.compile(rf"([{_CJK}])|(\d+)|((?:(?![{_CJK}\d_])[\w{_MARKS}])+)|((?:(?![{_MARKS}])[^\w\s]|_)+)")


def count(text: str) -> int:
    """Tokens of one text."""
    total = 0
    for match in _TOKENS.finditer(text):
        kind, length = match.lastindex, match.end() - match.start()
        if kind == 1:
            total += 1
        elif kind == 3:
            total += -(-length // 4)
        else:
            total += -(-length // 3)
    return total


def count_messages(messages: Iterable[Mapping[str, str]]) -> int:
    """Tokens of a whole prompt: every message, with what it costs to be one."""
    return sum(PER_MESSAGE + count(m["content"]) for m in messages)
