"""Simulated viewing: made-up viewers whose truth is known, to show the rooms and to test the estimators."""

from smallscreen.audience.simulate.plan import Plan, simulate_plan
from smallscreen.audience.simulate.run import STEP, SimulatedSummary, simulate
from smallscreen.audience.simulate.truth import Curve, Truth

__all__ = ["STEP", "Curve", "Plan", "SimulatedSummary", "Truth", "simulate", "simulate_plan"]
