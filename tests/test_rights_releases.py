"""Our own releases and licensed windows: what the file says, and how a video that matched stands to it."""

from __future__ import annotations

import re
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.errors import FileProblem
from smallscreen.rights.releases import TERRITORIES, Releases, Rule, Seen, check_territory
from smallscreen.rights.releases_file import read_releases

FILE = """
# What is ours.
[owner]
name = "红伞影业"
email = "rights@studio.example"

[[release]]
name = "Trailer"
series = "red"
sha256 = ["AA%s"]
url = ["https://video.example/@us/*"]
channel = ["@us", "us-*"]

[[license]]
name = "Globo"
series = "red"
edition = ["pt-BR"]
territory = ["br", "PT"]
from = 2026-01-01
to = 2026-12-31
channel = ["globo*"]
""" % ("b" * 62)


def releases(tmp_path: Path, text: str = FILE) -> Releases:
    path = tmp_path / "releases.toml"
    path.write_text(text, "utf-8")
    return read_releases(path)


def status(rules: Releases, seen: Seen, sha256: str = "0" * 64, edition: str | None = "pt-BR") -> str:
    return rules.standing("red", edition, sha256, seen).status


def test_no_file_has_no_rules(tmp_path: Path) -> None:
    none = read_releases(tmp_path / "releases.toml")
    assert none.rules == ()
    assert status(none, Seen(channel="@us")) == "copy"


def test_a_file_of_ours_is_known_by_its_hash_its_channel_or_its_address(tmp_path: Path) -> None:
    rules = releases(tmp_path)
    assert rules.owner.name == "红伞影业"
    assert status(rules, Seen(), "aa" + "b" * 62) == "own release"
    assert status(rules, Seen(channel="US-Brasil ")) == "own release"
    assert status(rules, Seen(url="http://www.Video.example/@us/ep1?t=3#x")) == "own release"
    assert status(rules, Seen()) == "copy"
    assert rules.standing("another series", None, "aa" + "b" * 62, Seen()).status == "copy"
    why = rules.standing("red", None, "0" * 64, Seen(channel="@us")).why
    assert why == "Trailer: the channel is ours."


@pytest.mark.parametrize(
    "url",
    [
        "https://video.example.evil.test/@us/ep1",
        "https://video.example@evil.test/@us/ep1",
        "https://evil.test/https://video.example/@us/ep1",
        "https://video.example/@them/@us/ep1",
        "javascript://video.example/@us/ep1",
        "//video.example/@us/ep1",
        "https://[::1/@us/",
    ],
)
def test_an_address_that_only_looks_like_ours_is_not(tmp_path: Path, url: str) -> None:
    assert status(releases(tmp_path), Seen(url=url)) == "copy"


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2025-12-31", "copy"), ("2026-01-01", "licensed"), ("2026-12-31", "licensed"), ("2027-01-01", "copy")],
)
def test_both_days_belong_to_the_window(tmp_path: Path, day: str, expected: str) -> None:
    seen = Seen(channel="GloboPlay", territory="BR", day=date.fromisoformat(day))
    assert status(releases(tmp_path), seen) == expected


def test_what_keeps_a_window_from_covering_a_video_is_said(tmp_path: Path) -> None:
    rules, day = releases(tmp_path), date(2026, 11, 20)
    inside = rules.standing("red", "pt-BR", "0" * 64, Seen(channel="globo", territory="PT", day=day))
    assert inside.why == "Licensed to Globo: BR, PT, 2026-01-01 to 2026-12-31."
    for seen, edition, why in (
        (
            Seen(channel="globo", territory="US", day=day),
            "pt-BR",
            "Globo has a license for BR, PT, not for US.",
        ),
        (Seen(channel="globo", day=day), "pt-BR", "nobody said in which territory"),
        (Seen(channel="globo", territory="BR"), "pt-BR", "nobody said on which day"),
        (Seen(channel="globo", territory="BR", day=day), None, "what was matched is the master."),
        (
            Seen(channel="globo", territory="BR", day=date(2027, 1, 1)),
            "pt-BR",
            "The license of Globo expired on 2026-12-31; this was seen on 2027-01-01.",
        ),
        (Seen(channel="globo", territory="BR", day=date(2025, 1, 1)), "pt-BR", "begins on 2026-01-01"),
        (Seen(channel="pirate", territory="BR", day=day), "pt-BR", ""),
    ):
        found = rules.standing("red", edition, "0" * 64, seen)
        assert found.status == "copy"
        assert why in found.why
        assert bool(why) == bool(found.why)


def test_a_later_window_may_cover_what_an_earlier_one_does_not(tmp_path: Path) -> None:
    second = FILE[FILE.index("[[license]]") :].replace("2026", "2027").replace('["br", "PT"]', '"World"')
    rules = releases(tmp_path, FILE + second)
    seen = Seen(channel="globo", territory="US", day=date(2027, 3, 1))
    assert (
        rules.standing("red", "pt-BR", "0" * 64, seen).why
        == "Licensed to Globo: world, 2027-01-01 to 2027-12-31."
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('name = "Globo"', "name = Globo", 15, "Invalid value"),
        ('name = "Globo"\n', "", 14, "[[license]] 1: it has no name"),
        ('"br"', '"UK"', 18, "'UK' is no territory (GB is); expected two letters of ISO 3166-1"),
        ('"br"', '"Brazil"', 18, "'Brazil' is no territory"),
        ('["br", "PT"]', "[]", 14, "it has no territory"),
        ("to = 2026-12-31", "to = 2025-12-31", 20, "it ends on 2025-12-31, before it begins on 2026-01-01"),
        ("to = 2026-12-31", 'to = "31.12.2026"', 20, "to is '31.12.2026'"),
        ("to = 2026-12-31", "to = 2026-12-31T00:00:00Z", 20, "expected to = 2026-12-31, a day"),
        ("from = 2026-01-01\n", "", 14, "it has no from"),
        ('channel = ["globo*"]', "", 14, "it says nothing of where the video is"),
        ('channel = ["globo*"]', 'channel = ["*"]', 21, "'*' would set everything apart"),
        ('channel = ["globo*"]', 'url = ["https://*.example/x"]', 21, "is no address"),
        ('channel = ["globo*"]', "channel = [3]", 21, "channel is [3]"),
        ("edition =", "editon =", 17, "nothing is known of the key 'editon'"),
        ('series = "red"\nedition', "edition", 14, "it names no series"),
        ("AAbb", "xxbb", 10, "is no SHA-256"),
        ("[[license]]", "[license]", 14, "license is one table"),
        ("[[release]]", "[[relaese]]", 7, "the file has 'relaese'"),
        ("email =", "mail =", 5, "[owner]: mail is"),
    ],
)
def test_a_bad_entry_is_one_sentence_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert FILE.count(old) >= 1
    with pytest.raises(FileProblem) as e:
        releases(tmp_path, FILE.replace(old, new, 1))
    assert said in str(e.value)
    assert e.value.line == line
    assert "\n" not in str(e.value)


def test_files_that_are_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "releases.toml"
    for data in (b"\xff\xfe\x00", b"x = " + b"[" * 5000, b"a" * (1024 * 1024 + 1)):
        path.write_bytes(data)
        with pytest.raises(FileProblem):
            read_releases(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(FileProblem):
        read_releases(path)


def test_territories() -> None:
    assert len(TERRITORIES) == 249
    assert (check_territory(" br "), check_territory("WORLD")) == ("BR", "world")
    for bad in ("EU", "", "B", "BRA", "巴西"):
        with pytest.raises(ValueError):
            check_territory(bad)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 800),
    st.dates(date(2000, 1, 1), date(2103, 1, 1)),
    st.sampled_from(["BR", "US", ""]),
)
def test_a_window_covers_its_days_and_territory_and_nothing_else(
    starts: date, days: int, day: date, territory: str
) -> None:
    ends = starts + timedelta(days)
    rule = Rule("license", "L", "red", (), (), {"channel": ("c",)}, ("BR",), starts, ends)
    found = Releases((rule,)).standing("red", None, "", Seen(channel="C", territory=territory, day=day))
    assert (found.status == "licensed") == (territory == "BR" and starts <= day <= ends)


@given(
    st.text(max_size=200)
    | st.tuples(st.integers(0, len(FILE)), st.text(max_size=6)).map(
        lambda x: FILE[: x[0]] + x[1] + FILE[x[0] + 2 :]
    )
)
def test_whatever_the_file_holds_it_is_read_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "releases.toml"
        path.write_bytes(text.encode("utf-8", "replace"))
        try:
            rules = read_releases(path)
        except FileProblem as e:
            assert "\n" not in str(e)
        else:
            rules.standing("red", None, "", Seen(channel="x", territory="BR", day=date(2026, 1, 1)))


_LETTERS = st.text("aAbé.?", max_size=5)


@given(st.lists(_LETTERS, min_size=2, max_size=4), _LETTERS, st.text("aAbé.?", max_size=16))
def test_a_star_stands_for_anything_and_nothing_else_does(parts: list[str], filling: str, other: str) -> None:
    parts = ["x", *parts]
    rule = Rule("release", "R", "", (), (), {"channel": ("*".join(parts),)}, (), None, None)
    pattern = re.compile(".*".join(re.escape(p.casefold()) for p in parts))
    for value in (filling.join(parts), "x" + other):
        found = Releases((rule,)).standing("red", None, "", Seen(channel=value))
        assert (found.status == "own release") == bool(pattern.fullmatch(value.casefold()))
    assert (
        Releases((rule,)).standing("red", None, "", Seen(channel=filling.join(parts))).status == "own release"
    )
