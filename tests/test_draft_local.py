"""The small local model: put together once, quiet, and held to the market's writing system."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from smallscreen.engines.chat import engine
from smallscreen.engines.local_llm import LocalLLM, installed, model_file
from smallscreen.errors import UserError
from smallscreen.localize.draft.model import from_model
from smallscreen.localize.draft.result import MemoryReplies
from smallscreen.series import markets
from tests.draft_help import CLEAN, MARKET, SERIES, checks, words


def test_the_local_model_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(UserError, match=r"pip install 'smallscreen\[local-llm\]'"):
        engine("local")


@pytest.mark.parametrize("first", ["xllamacpp", "uharfbuzz"])
def test_drafting_and_shaping_go_together_in_one_process(first: str) -> None:
    if not installed():
        pytest.skip("needs the extra [local-llm]")
    done = subprocess.run(
        [sys.executable, "-c", f"import {first}, av, xllamacpp, uharfbuzz"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_small_local_model_drafts_in_the_markets_script(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if not installed():
        pytest.skip("needs the extra [local-llm]")
    cues = [
        replace(c, text=t) for c, t in zip(CLEAN, ("你怎么来了？", "我不知道", "他是我爸爸"), strict=False)
    ]
    model = LocalLLM(cache=tmp_path)
    assert model.quality_note and "poor" in model.quality_note
    store = MemoryReplies()
    result = from_model(model, SERIES, MARKET, cues, replies=store)
    assert len(result.drafts) + len(checks(result, "draft.missing")) == 3
    assert len(result.drafts) >= 2 and len(set(words(result).values())) >= 2
    assert all(d.origin == "local:gemma-3-270m-q4_k_m" and "\n" not in d.text for d in result.drafts.values())
    assert words(from_model(model, SERIES, MARKET, cues, replies=store)) == words(result)
    assert from_model(model, SERIES, markets.load("th-TH"), cues[:1]).usage.requests == 1
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")
    # A file that was changed is put together anew.
    file = model_file(tmp_path)
    with file.open("r+b") as f:
        f.write(b"broken")
    assert model_file(tmp_path).read_bytes()[:4] == b"GGUF"
