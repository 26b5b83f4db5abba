"""From a series to its scenarios: reads the measures and `business.toml`, and computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from smallscreen.business.measures import Measures, measures_of
from smallscreen.business.rates import NAME, Rates, read_rates
from smallscreen.business.result import Scenario
from smallscreen.business.scenario import DRAWS, SEED, scenario
from smallscreen.business.slate import Slate, slate
from smallscreen.errors import UserError
from smallscreen.series.project import Project


def load(project: Project) -> tuple[dict[str, Measures], Rates]:
    """The measures of every edition, and the rates. UserError when either is not there."""
    rates = read_rates(project.root / NAME)
    return measures_of(project.store, project.store.series().title), rates


def scenarios(
    project: Project,
    models: Sequence[str],
    *,
    edition: str | None = None,
    changes: Mapping[str, float | int | str | Decimal] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    shape: str = "pert",
) -> list[Scenario]:
    """A scenario for each model of one edition; without a name, the edition with the most viewers."""
    found, rates = load(project)
    measures = pick(found, edition)
    return [scenario(measures, rates, m, changes, draws=draws, seed=seed, shape=shape) for m in models]


def pick(found: Mapping[str, Measures], edition: str | None) -> Measures:
    """The edition of that name, or the one with the most viewers."""
    if edition is None:
        return max(found.values(), key=lambda m: (m.viewers, m.edition))
    if edition not in found:
        raise UserError(f"No viewing of the edition {edition} was measured; there are {', '.join(found)}.")
    return found[edition]


def slate_of(projects: Sequence[Project], model: str, *, draws: int = DRAWS, seed: int = SEED) -> Slate:
    """What the next money does, over several series. UserError when a series lacks measures or rates."""
    return slate([load(p) for p in projects], model, draws=draws, seed=seed)
