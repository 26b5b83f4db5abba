"""How many tokens a text takes: the rule of `engines.tokens`, under the name by which drafting knows it."""

from __future__ import annotations

from smallscreen.engines.tokens import PER_MESSAGE, count, count_messages

__all__ = ["PER_MESSAGE", "count", "count_messages"]
