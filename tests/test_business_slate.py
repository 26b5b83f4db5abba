"""The slate says how far its choices overlap, and asks for what it lacks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from smallscreen.business.measures import read_summary
from smallscreen.business.rates import read_rates
from smallscreen.business.slate import slate
from smallscreen.errors import UserError
from smallscreen.sample import files as sample_files
from tests.business_standin import summary

RATES = read_rates(sample_files() / "business.toml")


def loaded(name: str, hazard: float = 0.08):  # type: ignore[no-untyped-def]
    return read_summary(summary(hazard=hazard), name, name.title()), RATES


def test_every_choice_stands_beside_every_other() -> None:
    s = slate([loaded("one"), loaded("two", 0.05)], "mixed", draws=1000)
    assert len(s.choices) == 2 * (1 + 2 + 2)
    assert [c.returned.mean for c in s.choices] == sorted((c.returned.mean for c in s.choices), reverse=True)
    assert sum(c.chance_best for c in s.choices) == pytest.approx(1)
    by_id = {c.id: c for c in s.choices}
    for c in s.choices:
        assert len(c.beats) == len(s.choices) - 1
        for other, chance in c.beats.items():
            assert chance + by_id[other].beats[c.id] <= 1 + 1e-9
            assert (other in c.overlaps) == (c.id in by_id[other].overlaps)
    assert s.simulated and s.example
    assert by_id["two/en-US/traffic"].returned.mean > by_id["one/en-US/traffic"].returned.mean


def test_two_series_alike_cannot_be_told_apart() -> None:
    s = slate([loaded("one"), loaded("two")], "free", draws=1000)
    traffic = next(c for c in s.choices if c.id == "one/en-US/traffic")
    assert "two/en-US/traffic" in traffic.overlaps


def test_what_is_lacking_is_asked_for() -> None:
    measured, rates = loaded("one")
    some = replace(rates, rates={k: v for k, v in rates.rates.items() if not k.startswith("next.ed")})
    s = slate([(measured, some)], "free", draws=500)
    assert {c.kind for c in s.choices} == {"traffic", "episodes"}
    assert [a.missing for a in s.asks] == [
        ("next.edition_cost (an edition)", "next.edition_viewers (viewers)")
    ]


def test_slates_that_cannot_be() -> None:
    with pytest.raises(UserError, match="at least one series"):
        slate([], "free")
    with pytest.raises(UserError, match="The series one is given twice"):
        slate([loaded("one"), loaded("one")], "free")
    measured, rates = loaded("one")
    free = {**rates.rates, "next.edition_cost": rates.rates["next.edition_cost"].at(Decimal(0))}
    with pytest.raises(UserError, match="Another edition costs nothing"):
        slate([(measured, replace(rates, rates=free))], "free", draws=500)


def test_more_episodes_by_hand() -> None:
    """Nobody leaves and nothing is uncertain: 4 more episodes bring, a finisher who comes back, 4 episodes' money."""
    from tests.test_business_scenario import by_hand, exact, fixed, three_episodes

    m = three_episodes()
    stay = m.model_copy(
        update={"episodes": tuple(e.model_copy(update={"hazard": exact(0)}) for e in m.episodes)}
    )
    more = {"next.episode_cost": "1", "next.episodes": "4", "next.return_share": "0.5"}
    rates = by_hand(**{k: fixed(k, v) for k, v in more.items()})
    s = slate([({"en-US": stay}, rates)], "free", draws=100)
    # An episode brings 2 x 0.01 x 0.8 x 0.9 = 0.0144; 500 come back: 28.80 for 4.
    assert s.choices[0].returned.mean == pytest.approx(28.8 / 4)
