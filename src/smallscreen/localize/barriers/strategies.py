"""Which of Pedersen's strategies are open for an item, the suggested one first.

Pedersen (2005, 2011) names what decides between them. Of his parameters a finder can know three:
transculturality (how far the item is known abroad: the market's `familiar` list), the loss when it
is taken literally (`need`), and the room on the screen, which in a subtitle favors the shorter
strategies. Centrality to the plot, redundancy with picture and sound, and co-text are the editor's
to judge; that is why every open strategy is listed and not only the first.

The rule: what the lexicon's author wrote comes first. Then comes the row below for the kind. With need 1 a
plain, shorter word is enough (generalization first for what is only tone); with need 3 direct translation falls
to the end, because it is then wrong or meaningless. An official equivalent is open only where an
authority fixes names (institutions, works and events, units).
"""

from __future__ import annotations

_OPEN: dict[str, tuple[str, ...]] = {
    "idiom": ("substitution", "generalization", "direct-translation", "omission"),
    "kinship": ("generalization", "substitution", "specification", "retention", "omission"),
    "address": ("substitution", "generalization", "retention", "omission"),
    "custom": (
        "specification",
        "generalization",
        "substitution",
        "direct-translation",
        "retention",
        "omission",
    ),
    "food": ("generalization", "specification", "retention", "substitution", "omission"),
    "institution": (
        "generalization",
        "substitution",
        "specification",
        "official-equivalent",
        "direct-translation",
    ),
    "allusion": (
        "generalization",
        "substitution",
        "specification",
        "official-equivalent",
        "retention",
        "omission",
    ),
    "slang": ("substitution", "generalization", "omission"),
    "measure": ("substitution", "official-equivalent", "generalization", "retention", "omission"),
    "value": ("generalization", "specification", "substitution", "retention", "direct-translation"),
    "wordplay": ("substitution", "generalization", "specification", "omission"),
}


def ordered(kind: str, need: int, first: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The open strategies of an item of `kind` with `need`, `first` (the lexicon's own) before the rest."""
    rest = list(_OPEN[kind])
    if need == 1 and "generalization" in rest:
        rest.remove("generalization")
        rest.insert(0, "generalization")
    if need == 3 and "direct-translation" in rest:
        rest.remove("direct-translation")
        rest.append("direct-translation")
    return tuple(dict.fromkeys([*first, *rest]))
