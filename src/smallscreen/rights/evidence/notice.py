"""What notices must hold: 17 U.S.C. 512(c)(3)(A) and Regulation (EU) 2022/2065, Article 16(2).

Facts are filled in. What only a person can say stays empty: every statement and every signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MISREPRESENTATION = (
    "Whoever knowingly misrepresents that material is infringing is liable for damages, costs and attorneys' fees "
    "(17 U.S.C. 512(f)). Platforms in the European Union suspend the notices of those who often send manifestly "
    "unfounded ones (Regulation (EU) 2022/2065, Article 23(2))."
)
NEVER_SENT = (
    "This program never sends a notice. A person checks the facts, thinks of what the law allows others to do with the "
    "work, writes the statements in their own words, and signs."
)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a notice needs. `value` is what is known; `blank` says what a person adds, "" where nothing."""

    place: str
    label: str
    value: str
    blank: str


def dmca(facts: Mapping[str, Any]) -> list[Field]:
    """The six elements of 17 U.S.C. 512(c)(3)(A), in order. `facts` is what `pack` gathers."""
    return [
        Field("(i)", "Signature of a person who may act for the owner of the right", "", "Signature, name, date"),
        Field("(ii)", "The work", _work(facts), "" if facts["work"]["series"] else "Title of the work"),
        Field("(iii)", "The material, and where it is", _material(facts), _where_blank(facts)),
        Field("(iv)", "How to reach who complains", _contact(facts["owner"]), _contact_blank(facts["owner"])),
        Field(
            "(v)", "Statement: belief in good faith that neither the owner, nor an agent, nor the law allows this use",
            "", "To be written by who signs; think of fair use first",
        ),
        Field(
            "(vi)", "Statement: the notice is accurate, and, under penalty of perjury, who complains may act for the owner",
            "", "To be written by who signs",
        ),
    ]  # fmt: skip


def european(facts: Mapping[str, Any]) -> list[Field]:
    """The four elements of Article 16(2), in order."""
    owner = facts["owner"]
    known = "\n".join(v for v in (owner["name"], owner["email"]) if v)
    missing = [w for k, w in (("name", "Name"), ("email", "e-mail address")) if not owner[k]]
    return [
        Field(
            "(a)", "Why it is illegal, with reasons", f"{_work(facts)}\n{_said(facts)}",
            "Which right it infringes under which law, and why nothing allows the use",
        ),
        Field("(b)", "The exact place", _material(facts), _where_blank(facts)),
        Field("(c)", "Name and e-mail address of who sends it", known, " and ".join(missing)),
        Field(
            "(d)", "Statement: belief in good faith that what the notice says is accurate and complete",
            "", "To be written by who sends it",
        ),
    ]  # fmt: skip


# --- inside ----------------------------------------------------------------------------------


def _work(facts: Mapping[str, Any]) -> str:
    work = facts["work"]
    lines = [", ".join(str(v) for v in (work["series"], work["name"]) if v)]
    if work["work_id"]:
        lines.append(f"{work['work_id_kind'] or 'Number'} {work['work_id']}")
    if facts["owner"]["name"]:
        lines.append(f"Owner: {facts['owner']['name']}")
    return "\n".join(filter(None, lines))


def _material(facts: Mapping[str, Any]) -> str:
    lines = list(dict.fromkeys(s["url"] for s in facts["file"]["sightings"] if s["url"]))
    for sighting in facts["file"]["sightings"]:
        who = [f"{k} {sighting[k]}" for k in ("channel", "account", "uploader") if sighting[k]]
        lines += [", ".join(who)] if who else []
    return "\n".join(
        [
            *dict.fromkeys(lines),
            _said(facts),
            f"File: {facts['file']['name']}, SHA-256 {facts['file']['sha256']}",
        ]
    )


def _said(facts: Mapping[str, Any]) -> str:
    stretches: Sequence[Mapping[str, Any]] = facts["match"]["segments"]
    shown = "; ".join(f"{s['query']} of it is {s['asset']} of the work" for s in stretches[:8])
    more = f"; {len(stretches) - 8} more stretches in evidence.json" if len(stretches) > 8 else ""
    return f"{shown}{more} ({facts['match']['disguise']})."


def _where_blank(facts: Mapping[str, Any]) -> str:
    return "" if any(s["url"] for s in facts["file"]["sightings"]) else "The exact address (URL)"


def _contact(owner: Mapping[str, str]) -> str:
    return "\n".join(owner[k] for k in ("name", "address", "telephone", "email") if owner[k])


def _contact_blank(owner: Mapping[str, str]) -> str:
    missing = [k for k in ("address", "telephone", "email") if not owner[k]]
    return f"{', '.join(missing).capitalize()}" if missing else ""
