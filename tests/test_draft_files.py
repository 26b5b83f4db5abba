"""Drafts that the user has: found by episode, language and time; nothing dropped without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smallscreen.errors import UserError
from smallscreen.localize.draft.files import from_files
from smallscreen.series.formats import RawCue, read_subtitles, write_subtitles
from smallscreen.series.model import Cue, cue_id

SOURCE = ("外公 我回来了", "买伞 还是补伞？", "补人", "哪个？", "是我 小满", "饭好了")
SAMPLE = Path(__file__).resolve().parent.parent / "src" / "smallscreen" / "sample" / "series"


def cues_of(episode: int) -> list[Cue]:
    return [
        Cue(cue_id(episode, n), episode, n, n * 3000, n * 3000 + 2000, text)
        for n, text in enumerate(SOURCE, 1)
    ]


CUES = {1: cues_of(1), 2: cues_of(2)}


def subtitles(path: Path, texts: dict[int, str], shift: int = 0, length: int = 2000) -> None:
    """A file whose subtitle for source cue n stands at its time."""
    rows = [RawCue(n * 3000 + shift, n * 3000 + shift + length, text) for n, text in sorted(texts.items())]
    write_subtitles(path, rows)


def english(episode: int) -> dict[int, str]:
    return {n: f"Line {n} of {episode}." for n in range(1, 7)}


def found(result, check: str) -> list[str | None]:  # type: ignore[no-untyped-def]
    return [f.cue for f in result.findings if f.check == check]


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".ttml"])
def test_every_format_is_read_by_episode(tmp_path: Path, suffix: str) -> None:
    subtitles(tmp_path / f"ep001.en{suffix}", english(1))
    subtitles(tmp_path / f"S01E02_en-US{suffix}", english(2))
    result = from_files(tmp_path, CUES, "en-US")
    assert {key: d.text for key, d in result.drafts.items()} == {
        cue_id(e, n): f"Line {n} of {e}." for e in (1, 2) for n in range(1, 7)
    }
    assert result.drafts["ep001.c0001"].origin == f"file:ep001.en{suffix}"
    assert not result.findings and not result.problems


def test_a_draft_with_fewer_subtitles_keeps_its_places(tmp_path: Path) -> None:
    texts = english(1)
    del texts[2], texts[5]
    subtitles(tmp_path / "ep001.en.srt", texts)
    subtitles(tmp_path / "ep002.en.srt", english(2))
    result = from_files(tmp_path, CUES, "en-US")
    assert {d.text for k, d in result.drafts.items() if k.startswith("ep001")} == set(texts.values())
    assert (
        result.drafts["ep001.c0003"].text == "Line 3 of 1."
        and result.drafts["ep001.c0006"].text == "Line 6 of 1."
    )
    assert found(result, "draft.missing") == ["ep001.c0002", "ep001.c0005"]


def test_a_draft_with_more_subtitles_than_the_source_is_told_of(tmp_path: Path) -> None:
    subtitles(tmp_path / "ep001.en.srt", english(1) | {30: "The end. Next time on this show."})
    subtitles(tmp_path / "ep002.en.srt", english(2))
    result = from_files(tmp_path, CUES, "en-US")
    assert len(result.drafts) == 12
    (extra,) = [f for f in result.findings if f.check == "draft.additional"]
    assert extra.evidence["text"] == "The end. Next time on this show."
    assert "ep001.en.srt, line" in extra.evidence["place"]


def test_a_subtitle_over_two_cues_loses_neither(tmp_path: Path) -> None:
    rows = [RawCue(n * 3000, n * 3000 + 2000, f"Line {n}.") for n in (1, 2, 3, 6)]
    rows.append(RawCue(12000, 17000, "Which one of you is it"))
    write_subtitles(tmp_path / "ep001.en.srt", sorted(rows, key=lambda r: r.start_ms))
    result = from_files(tmp_path, {1: CUES[1]}, "en-US")
    both = [result.drafts[cue_id(1, n)] for n in (4, 5)]
    assert " ".join(d.text for d in both).split() == ["Which", "one", "of", "you", "is", "it"]
    assert not found(result, "draft.missing")
    assert [f.check for f in result.findings if f.cue == "ep001.c0004"]


def test_a_shifted_draft_is_matched_and_told_of(tmp_path: Path) -> None:
    starts = [1000, 4700, 8100, 14400, 16900, 25000, 27300, 33000]
    cues = [Cue(cue_id(1, n), 1, n, at, at + 1500, SOURCE[n % 6]) for n, at in enumerate(starts, 1)]
    rows = [RawCue(c.start_ms + 5000, c.end_ms + 5000, f"Line {c.index}.") for c in cues]
    write_subtitles(tmp_path / "ep001.en.srt", rows)
    result = from_files(tmp_path, {1: cues}, "en-US")
    assert [result.drafts[c.id].text for c in cues] == [f"Line {n}." for n in range(1, 9)]
    (told,) = result.findings
    assert told.check == "draft.shifted" and told.evidence["offset_ms"] == 5000


def test_episodes_without_a_draft_are_findings_and_no_problem(tmp_path: Path) -> None:
    subtitles(tmp_path / "ep003.en.srt", english(3))
    result = from_files(tmp_path, {n: cues_of(n) for n in range(1, 81)}, "en-US")
    assert len(result.drafts) == 6 and len(result.findings) == 79
    assert {f.episode for f in result.findings} == set(range(1, 81)) - {3} and not result.problems


@pytest.mark.parametrize(
    ("names", "locale", "taken"),
    [
        (["ep001.en-US.srt", "ep001.en.srt", "ep001.srt", "ep001.es.srt"], "en-US", "ep001.en-US.srt"),
        (["ep001.en.srt", "ep001.srt", "ep001.es.srt"], "en-US", "ep001.en.srt"),
        (["ep001.srt", "ep001.es.srt", "ep001.zh.srt"], "en-US", "ep001.srt"),
        (["ep001.es.srt", "ep001.en.srt"], "es-419", "ep001.es.srt"),
        (["ep001.en.vtt", "ep001.en.srt", "ep001.en.ttml"], "en-US", "ep001.en.srt"),
    ],
)
def test_the_file_of_the_markets_language_is_taken(
    tmp_path: Path, names: list[str], locale: str, taken: str
) -> None:
    for name in names:
        subtitles(tmp_path / name, dict.fromkeys(range(1, 7), f"From {name}."))
    result = from_files(tmp_path, {1: CUES[1]}, locale)
    assert {d.text for d in result.drafts.values()} == {f"From {taken}."}


def test_a_folder_of_other_languages_holds_no_draft(tmp_path: Path) -> None:
    subtitles(tmp_path / "ep001.es.srt", english(1))
    with pytest.raises(UserError, match="holds no drafts for en-US"):
        from_files(tmp_path, CUES, "en-US")
    with pytest.raises(UserError, match="There is no"):
        from_files(tmp_path / "nowhere", CUES, "en-US")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match=r"ep001\.en-US\.srt"):
        from_files(empty, CUES, "en-US")


def test_two_files_for_one_episode_are_both_named(tmp_path: Path) -> None:
    subtitles(tmp_path / "ep001.en.srt", english(1))
    subtitles(tmp_path / "S01E01.en.srt", english(1))
    with pytest.raises(UserError, match=r"(?s)S01E01\.en\.srt.*ep001\.en\.srt"):
        from_files(tmp_path, CUES, "en-US")


def test_a_broken_file_is_told_of_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "ep001.en.srt").write_text("1\n00:00:03,000 --> 00:0", "utf-8")
    subtitles(tmp_path / "ep002.en.srt", english(2))
    subtitles(tmp_path / "ep009.en.srt", english(9))
    subtitles(tmp_path / "credits.en.srt", english(1))
    result = from_files(tmp_path, CUES, "en-US")
    assert {k[:5] for k in result.drafts} == {"ep002"}
    (whole,) = [f for f in result.findings if f.check == "draft.missing"]
    assert whole.cue is None and whole.episode == 1 and whole.evidence["cues"] == 6
    said = "\n".join(result.problems)
    assert "ep001.en.srt, line 2" in said
    assert "ep009.en.srt is for episode 9" in said
    assert "credits.en.srt names no episode" in said


def test_the_source_itself_is_not_taken_for_a_draft(tmp_path: Path) -> None:
    subtitles(tmp_path / "ep001.srt", dict(enumerate(SOURCE, 1)))
    result = from_files(tmp_path, {1: CUES[1]}, "en-US")
    assert not result.drafts and "is in Chinese" in result.problems[0]


def edition(path: Path, lines: list[dict], locale: str = "en-US", **more: object) -> None:
    data = {"format": "smallscreen.edition/1", "locale": locale, "lines": lines} | more
    path.write_text(json.dumps(data), "utf-8")


def test_an_edition_file_brings_its_strategies_and_reasons(tmp_path: Path) -> None:
    lines = [{"episode": 1, "cue": n, "text": f"Edition {n}."} for n in (1, 2, 3, 5, 77)]
    lines[0] |= {
        "strategy": "substitution",
        "reason": "an umbrella is no gift here",
        "origin": "hand",
        "later": 1,
    }
    lines.append({"episode": 1, "cue": 4, "text": "", "strategy": "omission"})
    lines.append({"episode": 40, "cue": 1, "text": "From another series."})
    edition(tmp_path / "edition.json", lines)
    subtitles(tmp_path / "ep001.en.srt", english(1))
    subtitles(tmp_path / "ep002.en.srt", english(2))
    result = from_files(tmp_path, CUES, "en-US")
    first = result.drafts["ep001.c0001"]
    assert (first.text, first.strategy, first.origin) == ("Edition 1.", "substitution", "hand")
    assert first.reason == "an umbrella is no gift here"
    assert result.drafts["ep001.c0002"].origin == "file:edition.json"
    assert result.drafts["ep001.c0004"].text == "" and result.drafts["ep001.c0004"].strategy == "omission"
    assert found(result, "draft.missing") == ["ep001.c0006"]
    assert [f.evidence["text"] for f in result.findings if f.check == "draft.additional"] == ["Edition 77."]
    assert "episode 40" in "\n".join(result.problems)
    # What the edition does not cover comes from the subtitles beside it.
    assert result.drafts["ep002.c0006"].text == "Line 6 of 2."


def test_the_edition_of_the_locale_is_chosen(tmp_path: Path) -> None:
    for name, locale, variant in (
        ("a.edition.json", "es-419", "main"),
        ("b.edition.json", "en-US", "literal"),
        ("c.edition.json", "en-US", "main"),
        ("d.json", "en-GB", "main"),
    ):
        edition(tmp_path / name, [{"episode": 1, "cue": 1, "text": name}], locale, variant=variant)
    (tmp_path / "package.json").write_text('{"name": "something else"}', "utf-8")
    result = from_files(tmp_path, {1: CUES[1]}, "en-US")
    assert result.drafts["ep001.c0001"].text == "c.edition.json"
    alone = from_files(tmp_path / "b.edition.json", {1: CUES[1]}, "en-US")
    assert alone.drafts["ep001.c0001"].text == "b.edition.json"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": "smallscreen.edition/1"}',
        '{"format": "smallscreen.edition/9", "locale": "en-US"}',
        "\x00",
        "[" * 100_000,
    ],
)
def test_a_hostile_edition_file_is_a_problem_and_nothing_more(tmp_path: Path, text: str) -> None:
    (tmp_path / "edition.json").write_text(text, "utf-8")
    subtitles(tmp_path / "ep001.en.srt", english(1))
    result = from_files(tmp_path, {1: CUES[1]}, "en-US")
    assert len(result.drafts) == 6
    assert "edition.json" in result.problems[0] and "\n" not in result.problems[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 25_000), st.integers(100, 4000)),
        min_size=1,
        max_size=12,
        unique_by=lambda r: r[0],
    )
)
def test_no_cue_and_no_subtitle_is_dropped_silently(tmp_path: Path, rows: list[tuple[int, int]]) -> None:
    marks = [RawCue(start, start + length, f"word{n}.") for n, (start, length) in enumerate(sorted(rows))]
    write_subtitles(tmp_path / "ep001.en.srt", marks)
    result = from_files(tmp_path, {1: CUES[1]}, "en-US")
    drafted = " ".join(d.text for d in result.drafts.values())
    additional = " ".join(f.evidence["text"] for f in result.findings if f.check == "draft.additional")
    assert all(m.text in drafted or m.text in additional for m in marks)
    missing = set(found(result, "draft.missing"))
    assert missing | set(result.drafts) == {c.id for c in CUES[1]} and not missing & set(result.drafts)


def test_the_samples_literal_draft_fits_its_source() -> None:
    folder = SAMPLE / "drafts" / "literal"
    cues = {}
    for number in (1, 2):
        rows = read_subtitles(SAMPLE / f"ep{number:03d}.zh.srt")
        cues[number] = [
            Cue(cue_id(number, n), number, n, r.start_ms, r.end_ms, r.text) for n, r in enumerate(rows, 1)
        ]
    result = from_files(folder, cues, "en-US")
    assert {k for k, d in result.drafts.items() if d.text} == {c.id for e in cues.values() for c in e}
