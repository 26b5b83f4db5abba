"""Who calls whom what: vocatives and kin terms by speaker and addressee, counted in the cues.

A form counts as address, and not as mention, where it stands by itself: it is the whole cue, opens it
before a pause, or closes it after one. Whom it is said to is the character who bears the form, when only one
can be meant (by aliases and by the speaker's relations in series.toml); otherwise whoever speaks next
in the scene, or spoke last.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from smallscreen.localize.barriers.entries import SURNAME
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.localize.brief.model import Form, Pair
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Character, Cue, Series

KIN = [
    "爸爸",
    "爸",
    "老爸",
    "爹",
    "妈妈",
    "妈",
    "老妈",
    "娘",
    "爷爷",
    "奶奶",
    "外公",
    "外婆",
    "姥爷",
    "姥姥",
    "公公",
    "婆婆",
    "岳父",
    "岳母",
    "哥哥",
    "哥",
    "大哥",
    "二哥",
    "三哥",
    "姐姐",
    "姐",
    "大姐",
    "二姐",
    "三姐",
    "弟弟",
    "妹妹",
    "弟",
    "妹",
    "小弟",
    "小妹",
    "老弟",
    "老妹",
    "叔叔",
    "叔",
    "伯伯",
    "伯父",
    "伯母",
    "大伯",
    "阿姨",
    "姨",
    "姨妈",
    "姑姑",
    "姑妈",
    "姑父",
    "舅舅",
    "舅妈",
    "舅",
    "婶婶",
    "婶",
    "嫂子",
    "大嫂",
    "姐夫",
    "妹夫",
    "表哥",
    "表姐",
    "表弟",
    "表妹",
    "堂哥",
    "堂姐",
    "老公",
    "老婆",
    "媳妇",
    "儿子",
    "闺女",
    "女儿",
    "孙子",
    "孙女",
    "大爷",
    "大妈",
    "大娘",
    "大叔",
    "爸妈",
    "孃孃",
    "幺爸",
    "幺女",
    "亲爱的",
    "宝贝",
    "亲家",
]
"""Kin terms as people call each other by them, blood relatives or not."""
TITLES = [
    "老师",
    "师傅",
    "师父",
    "师兄",
    "师姐",
    "医生",
    "大夫",
    "护士",
    "警官",
    "律师",
    "教授",
    "老板",
    "老板娘",
    "经理",
    "总",
    "董事长",
    "总裁",
    "主任",
    "科长",
    "处长",
    "局长",
    "书记",
    "村长",
    "主编",
    "导演",
    "先生",
    "小姐",
    "太太",
    "夫人",
    "女士",
    "同学",
    "同志",
    "师弟",
    "师妹",
    "队长",
    "殿下",
    "陛下",
    "皇上",
    "娘娘",
    "王爷",
    "公子",
    "姑娘",
    "大人",
    "少爷",
    "将军",
    "老大",
    "美女",
    "帅哥",
    "兄弟",
    "哥们",
    "姐妹",
    "老铁",
    "服务员",
    "司机",
]
"""Titles and other forms of address."""
_TITLED = "总|董|哥|姐|叔|伯|姨|婶|嫂|爷|老师|师傅|师父|医生|大夫|警官|律师|教授|老板|经理|主任|科长|处长|局长|书记|先生|小姐|太太|夫人|女士|孃孃|大爷|大妈|大娘|老|工|导|队|少"
_ALIKE = {
    "爸爸": "father", "爸": "father", "老爸": "father", "爹": "father", "妈妈": "mother", "妈": "mother",
    "老妈": "mother", "娘": "mother", "儿子": "son", "女儿": "daughter", "闺女": "daughter", "老公": "husband",
    "老婆": "wife", "媳妇": "wife", "爷爷": "grandfather", "外公": "grandfather", "姥爷": "grandfather",
    "奶奶": "grandmother", "外婆": "grandmother", "姥姥": "grandmother", "孙子": "grandson", "孙女": "granddaughter",
}  # fmt: skip
_MALE = re.compile("[爸爹爷哥叔伯舅弟]|外公|公公|先生|老公|儿子|孙子|帅哥|大爷$")
_FEMALE = re.compile("[妈娘奶婆姐妹姨姑婶嫂]|女士|太太|夫人|小姐|女儿|孙女|闺女|美女|孃孃|大妈|老婆")
_EDGE = r"[\s，,。．.！!？?…~～、—\-：:；;“”\"「」『』]"
_PARTICLE = "[呀啊哎哟喂诶欸吧呢嘛哦噢]"
_MIN_PAIR_LINES = 3
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Vocative:
    """One form of address in one cue. `to` is None where nobody can be named."""

    cue: str
    speaker: str
    to: str | None
    form: str


def vocatives(cues: Sequence[Cue], series: Series | None = None) -> list[Vocative]:
    """Every form of address of `cues` that have a speaker, in order. Works without a series' head."""
    people = _People(series, cues)
    pattern = people.pattern()
    found = []
    for _, scene in _scenes(cues):
        for at, cue in enumerate(scene):
            if not cue.speaker:
                continue
            speaker = people.of(cue.speaker)
            partner = _partner(scene, at, people)
            for form in dict.fromkeys(_forms(cue.text, pattern)):
                to = people.bearer(form, speaker, partner)
                if to != speaker and not people.bears(form, to) and not people.fits(form, to):
                    to = None  # 老爸 is not said to her: somebody who is not heard is meant
                if to != speaker:
                    found.append(Vocative(cue.id, speaker, to, form))
    return _agreed(found, cues, people)


def _agreed(found: list[Vocative], cues: Sequence[Cue], people: _People) -> list[Vocative]:
    """A form said to one person again and again is theirs, when they are there and the neighbor was a guess."""
    often: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for v in found:
        if v.to is not None:
            often[v.speaker, v.form][v.to] += 1
    scene_of = {c.id: (c.episode, c.scene) for c in cues}
    there: dict[tuple[int, str | None], set[str]] = defaultdict(set)
    for c in cues:
        if c.speaker:
            there[c.episode, c.scene].add(people.of(c.speaker))
    out = []
    for v in found:
        if not often[v.speaker, v.form]:
            out.append(v)
            continue
        top, count = often[v.speaker, v.form].most_common(1)[0]
        alone = v.to is None or often[v.speaker, v.form][v.to] == 1
        if (
            alone
            and v.to != top
            and count >= 2
            and top in there[scene_of[v.cue]]
            and not people.bears(v.form, v.to)
        ):
            v = Vocative(v.cue, v.speaker, top, v.form)
        out.append(v)
    return out


def pairs(
    cues: Sequence[Cue], series: Series, market: Market, barriers: Sequence[Barrier] = ()
) -> list[Pair]:
    """How the characters address each other, the pairs with most forms first.

    Pairs with a relation in series.toml are listed when one of them speaks to the other; pairs without
    any form of address only when the relation is known. `barriers` lend renderings for kin terms.
    """
    people = _People(series, cues)
    forms: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    where: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for v in vocatives(cues, series):
        if v.to is not None:
            forms[v.speaker, v.to][v.form] += 1
            where[v.speaker, v.to, v.form].append(v.cue)
    said: Counter[tuple[str, str]] = Counter()
    for _, scene in _scenes(cues):
        for at, cue in enumerate(scene):
            if cue.speaker and (partner := _partner(scene, at, people)):
                said[people.of(cue.speaker), partner] += 1
    related = {
        (c.name, r["to"]): r.get("kind", "") for c in series.characters for r in c.relations if "to" in r
    }
    wanted = set(forms) | {p for p in related if said[p] >= _MIN_PAIR_LINES}
    renderings = _renderings(series, market, barriers)
    made = [
        Pair(
            speaker=a,
            to=b,
            relation=related.get((a, b), ""),
            forms=tuple(
                Form(f, n, tuple(where[a, b, f][:_EXAMPLES]), renderings.get(simplified(f), ""))
                for f, n in sorted(forms[a, b].items(), key=lambda x: (-x[1], x[0]))
            ),
            lines=said[a, b],
        )
        for a, b in wanted
    ]
    return sorted(made, key=lambda p: (-sum(f.count for f in p.forms), -p.lines, p.speaker, p.to))


class _People:
    """The characters, and who may be meant by a form of address."""

    def __init__(self, series: Series | None, cues: Sequence[Cue]) -> None:
        self.characters: dict[str, Character] = {c.name: c for c in series.characters} if series else {}
        self._name_of: dict[str, str] = {}
        self._bearers: dict[str, set[str]] = defaultdict(set)
        for c in self.characters.values():
            for form in (c.name, *c.aliases):
                self._name_of.setdefault(form, c.name)
                self._bearers[simplified(form)].add(c.name)
        for name in {c.speaker for c in cues if c.speaker} - set(self._name_of):
            assert name is not None
            self._name_of[name] = name
            self._bearers[simplified(name)].add(name)
        for name in list(self._bearers):
            # 曾小贤 is called 小贤; a given name of one character alone is too common a letter.
            if len(name) == 3 and all("\u4e00" <= ch <= "\u9fff" for ch in name):
                self._bearers[name[1:]] |= self._bearers[name]

    def of(self, speaker: str) -> str:
        return self._name_of.get(speaker, speaker)

    def bears(self, form: str, name: str | None) -> bool:
        """Whether series.toml calls this character so."""
        return name in self._bearers.get(simplified(form), ())

    def pattern(self) -> re.Pattern[str]:
        """Finds a form that stands by itself."""
        words = sorted({*KIN, *TITLES, *self._bearers} - {"总", "其他"}, key=lambda w: (-len(w), w))
        form = "|".join(
            [
                *map(re.escape, words),
                rf"{SURNAME}(?:{_TITLED})",
                rf"[老小阿]{SURNAME}",
                rf"{SURNAME}家?(?:大|二|三)?[哥姐叔]",
            ]
        )
        # The longest form wins, whichever alternative it comes from: 周师傅 before 师傅.
        return re.compile(rf"(?:^|(?<={_EDGE})){_PARTICLE}?({form}){_PARTICLE}?(?={_EDGE}|$)", re.MULTILINE)

    def bearer(self, form: str, speaker: str, partner: str | None) -> str | None:
        """Who is called so: by alias, then by relation, then whoever the speaker talks with."""
        bearers = self._bearers.get(simplified(form), set())
        if bearers == {speaker}:
            return speaker
        bearers = bearers - {speaker}
        if not bearers and (family := self._of_family(form)):
            bearers = family - {speaker}
        if partner in bearers or len(bearers) == 1:
            return partner if partner in bearers else next(iter(bearers))
        kind = _ALIKE.get(form)
        if kind and (related := self._related(speaker, kind)):
            return partner if partner in related else related[0] if len(related) == 1 else partner
        return partner

    def _of_family(self, form: str) -> set[str]:
        """Who bears the surname of 曾老师, 老曾 or 小曾, among those who speak."""
        match = re.fullmatch(rf"(?P<a>{SURNAME})(?:{_TITLED})|[老小阿](?P<b>{SURNAME})", form)
        if match is None or form in TITLES or form in KIN:
            return set()
        surname = match["a"] or match["b"]
        return {n for n in set(self._name_of.values()) if len(n) in (2, 3) and n.startswith(surname)}

    def fits(self, form: str, name: str | None) -> bool:
        """Whether a form that tells the sex can be said to this character, as far as series.toml tells theirs."""
        known = self.characters.get(name or "")
        sex = "male" if _MALE.search(form) else "female" if _FEMALE.search(form) else None
        return known is None or sex is None or known.gender not in ("male", "female") or known.gender == sex

    def _related(self, speaker: str, kind: str) -> list[str]:
        """Characters who are `kind` (mother, grandson) of the speaker, by their relations."""
        word = re.compile(rf"\b{kind}\b")
        return [
            c.name
            for c in self.characters.values()
            for r in c.relations
            if r.get("to") == speaker
            and word.search(re.split(r"[(,;]", r.get("kind", ""))[0])
            and "-in-law" not in r["kind"]
        ]


def _forms(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """The forms of address of one text. A form alone in the middle needs pauses on both sides."""
    for match in pattern.finditer(text):
        yield match[1]


def _scenes(cues: Sequence[Cue]) -> list[tuple[tuple[int, str | None], list[Cue]]]:
    grouped: dict[tuple[int, str | None], list[Cue]] = {}
    for cue in cues:
        grouped.setdefault((cue.episode, cue.scene), []).append(cue)
    return list(grouped.items())


def _partner(scene: Sequence[Cue], at: int, people: _People) -> str | None:
    """Whom the cue at `at` is said to: the next other speaker nearby, else the one before."""
    me = people.of(scene[at].speaker or "")
    for step in (range(at + 1, min(at + 4, len(scene))), range(at - 1, max(-1, at - 4), -1)):
        for i in step:
            other = scene[i].speaker
            if other and people.of(other) != me:
                return people.of(other)
    return None


def _renderings(series: Series, market: Market, barriers: Sequence[Barrier]) -> dict[str, str]:
    """What to say for a form: what series.toml agrees, else what a lexicon proposes, else plain kin."""

    def agreed(renderings: Mapping[str, str]) -> str:
        return renderings.get(market.locale) or renderings.get(market.language) or ""

    found: dict[str, str] = {}
    for b in barriers:
        if b.kind in ("kinship", "address") and (said := agreed(b.suggestions)):
            found.setdefault(simplified(b.text), said)
    plain = _kin().get(market.language, {})
    for form, kind in _ALIKE.items():
        if kind in plain:
            found.setdefault(form, plain[kind])
    for term in series.terms:
        if said := agreed(term.renderings):
            found[simplified(term.source)] = said
    for character in series.characters:
        if said := agreed(character.renderings):
            found[simplified(character.name)] = said
            for alias in character.aliases:
                # 小满 is the given part of 林小满: Xiaoman of Lin Xiaoman.
                if len(alias) >= 2 and alias != character.name and character.name.endswith(alias):
                    found[simplified(alias)] = said.split(" ", 1)[-1]
    return found


@cache
def _kin() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("kin.toml").read_text("utf-8"))
