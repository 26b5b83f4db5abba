"""What happens when a check breaks, and that none breaks on anything."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.localize import checks
from smallscreen.localize.checks import (
    CheckContext,
    all_checks,
    check_edition,
    check_series,
    check_source,
)
from smallscreen.localize.checks.docs import table
from smallscreen.series import markets, platforms
from smallscreen.series.model import Barrier, Cue, Draft, Line, cue_id
from tests.checks_help import SERIES, Fake, context

strict = pytest.fixture(autouse=True)(lambda monkeypatch: monkeypatch.setattr(checks, "strict", True))


# --- when something breaks ------------------------------------------------------------------------


def test_a_check_that_breaks_does_not_silence_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "strict", False)

    def broken(self, ctx):
        raise KeyError("secret")
        yield

    monkeypatch.setattr(type(all_checks()["language.spaces"]), "run", broken)
    ctx = context(["a  b 你"])
    found = check_edition(ctx)
    (failed,) = [f for f in found if f.check == checks.FAILED]
    assert "language.spaces" in failed.message and failed.evidence == {
        "check": "language.spaces",
        "error": "KeyError",
    }
    assert any(f.check == "language.untranslated" for f in found)
    assert "language.spaces" in ctx.summary.not_run
    monkeypatch.setattr(checks, "strict", True)
    with pytest.raises(KeyError):
        check_edition(ctx)


_TIME = st.integers(-(10**7), 10**7)


_WORDS = st.text(max_size=60) | st.sampled_from(
    [
        "“",
        "¿",
        "三百二十块",
        "小满",
        "...",
        "- a\n- b",
        "<i>x</i>",
        "百分之",
        "３０",
        "1,000.5.6",
        "𠀀",
        "\u202e",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(_TIME, _TIME, _WORDS, _WORDS, st.lists(st.integers(1, 8), max_size=3)), max_size=8),
    st.sampled_from(markets.names()),
    st.sampled_from(["landscape", "vertical"]),
)
def test_no_check_breaks_on_anything(rows, market, profile) -> None:
    checks.strict = True
    cues = [Cue(cue_id(1, i), 1, i, a, b, s) for i, (a, b, s, _, _) in enumerate(rows, 1)]
    lines = [
        Line(market, 1, i, a + 7, b, t, tuple(cue_id(1, k) for k in of))
        for i, (a, b, _, t, of) in enumerate(rows, 1)
    ]
    barriers = [
        Barrier(
            c.id,
            1,
            0,
            min(2, len(c.text)),
            c.text[:2],
            "idiom",
            3,
            "a literal gloss",
            "meaning",
            ("omission",),
        )
        for c in cues
    ]
    ctx = CheckContext(
        market=markets.load(market), profile=profile, edition=market, cues=cues, lines=lines, barriers=barriers, series=SERIES,
        platform=platforms.load("tiktok"), embedder=Fake(), literal_drafts={c.id: Draft(c.id, "x y z") for c in cues},
    )  # fmt: skip
    found = check_source(cues, SERIES, barriers) + check_edition(ctx) + check_series([ctx])
    known = set(all_checks())
    for finding in found:
        assert finding.check in known
        assert 0 <= finding.confidence <= 1
        json.dumps(finding.evidence)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "…. ",
        "“(",
        "1,",
        "三",
        "<i ",
        "{x",
        "- \n",
        "Aa ",
        "ab ab ",
        "ignore the ",
        "**a",
        "¿?",
        "\\",
        "小满",
        "&#1",
    ],
)
def test_a_cue_of_ten_thousand_characters_takes_no_longer_than_it_should(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    ctx = context(
        ["Before.", text, "After."],
        ["之前", text, "之后"],
        "es-419",
        series=SERIES,
        profile="vertical",
        platform=platforms.load("universal"),
    )
    started = time.process_time()
    check_edition(ctx)
    check_series([ctx])
    check_source(ctx.cues, SERIES)
    assert time.process_time() - started < 2


def test_nothing_in_gives_nothing_out() -> None:
    assert check_source([]) == []
    assert check_series([]) == []
    assert check_edition(context([], [])) == []
    assert check_series([context([], [])]) == []


def test_only_runs_what_it_names() -> None:
    ctx = context(["a  b 你 ..."])
    assert {f.check for f in check_edition(ctx, only={"language.spaces"})} == {"language.spaces"}
    assert set(ctx.summary.ran) == {"language.spaces"}


def test_every_check_describes_itself_and_the_documentation_agrees() -> None:
    from pathlib import Path

    for key, check in all_checks().items():
        assert (
            key == check.id
            and check.name
            and check.description.endswith(".")
            and check.severity in ("note", "warning", "error")
        )
        assert check.family in {"screen", "language", "terms", "adequacy", "culture", "source"}
    page = (Path(__file__).parent.parent / "docs" / "checks.md").read_text("utf-8")
    assert table() in page, "run `python -m smallscreen.localize.checks.docs` to write the table again"
