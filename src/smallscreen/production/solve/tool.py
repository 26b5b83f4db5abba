"""OR-tools, loaded when it is used; one sentence where it is not installed."""

from __future__ import annotations

from functools import cache
from typing import Any

from smallscreen.errors import UserError


@cache
def cp_model() -> Any:
    """The module `ortools.sat.python.cp_model`."""
    try:
        from ortools.sat.python import cp_model as found
    except ImportError:
        raise UserError(_MISSING) from None
    return found


@cache
def pywraplp() -> Any:
    """The module `ortools.linear_solver.pywraplp`."""
    try:
        from ortools.linear_solver import pywraplp as found
    except ImportError:
        raise UserError(_MISSING) from None
    return found


_MISSING = (
    "Schedules need OR-tools, which is not installed; install it with pip install 'smallscreen[production]'."
)
