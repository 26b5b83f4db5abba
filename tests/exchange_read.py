"""Strict readers of what papers give to other programs: calendars (RFC 5545) and the Universal Schedule Standard."""

from __future__ import annotations

import re
from typing import Any

# Keys and types as the standard's documentation has them; ? may be null.
USS = {
    "": "id author? company? created episode? episodeName? description? name project? schedColor? schedDate? scriptColor? "
    "scriptDate? season? source ussVersion breakdowns[] categories[] elements[] stripboards[] calendars[]",
    "breakdowns": "id bannerText? comments? created description? elements[] pages# scene? scriptPage? duration# type",
    "categories": "id created name ucid#",
    "elements": "id category created daysOff[] dropDayCount# elementId? events[] isDood! isDrop! isHold! isIdLock! "
    "linkedElements[] name",
    "stripboards": "id boards[] calendar? name",
    "boards": "id name breakdownIds[]",
    "calendars": "id daysOff[] events[] name",
    "events": "id date type name?",
}


def parse(raw: bytes) -> dict[str, Any]:
    """A strict little reader of RFC 5545: folding, line ends, lengths, nesting, values."""
    assert raw.endswith(b"\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    lines = raw[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    texts = [line.decode("utf-8") for line in lines]  # a fold inside a character would not decode
    whole: list[str] = []
    for text in texts:
        if text.startswith(" "):
            whole[-1] += text[1:]
        else:
            whole.append(text)
    assert (whole[0], whole[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    calendar: dict[str, Any] = {"events": []}
    event: dict[str, str] | None = None
    for line in whole[1:-1]:
        found = re.fullmatch(r"([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^;:\"]*)*):(.*)", line)
        assert found, line
        name, _, value = found.groups()
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        if (name, value) == ("BEGIN", "VEVENT"):
            assert event is None
            event = {}
        elif (name, value) == ("END", "VEVENT"):
            assert event is not None and {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
            calendar["events"].append(event)
            event = None
        else:
            assert name not in ("BEGIN", "END"), line
            if name in ("SUMMARY", "DESCRIPTION", "LOCATION", "X-WR-CALNAME"):
                assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value), value
                value = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
            target = calendar if event is None else event
            assert name not in target
            target[name] = value
    assert event is None and calendar["VERSION"] == "2.0" and calendar["PRODID"]
    return calendar


def check_uss(kind: str, thing: dict[str, Any]) -> None:
    keys = {re.sub(r"[?#!]|\[\]", "", k): k for k in USS[kind].split()}
    assert set(thing) == set(keys), kind
    for name, value in thing.items():
        rule = keys[name]
        if rule.endswith("[]"):
            assert isinstance(value, list)
            if name in USS:
                for inner in value:
                    if not (kind == "breakdowns" and name == "elements"):
                        check_uss(name, inner)
        elif rule.endswith("#"):
            assert type(value) in (int, float) and value >= 0
        elif rule.endswith("!"):
            assert type(value) is bool
        else:
            assert isinstance(value, str) or (rule.endswith("?") and value is None), (kind, name)
