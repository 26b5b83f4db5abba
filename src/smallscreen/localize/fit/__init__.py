"""Fitting: the words of an edition on the screen, in rows, in time, at a speed that can be read.

    result = fit(cues, drafts, market, "vertical", edition="en-US")
    result.lines      # what is shown and when
    result.findings   # what must be shortened by hand or by the model, and to how many characters

See docs/fit.md for the rules and their sources.
"""

from smallscreen.localize.fit.fitter import FitResult, budget, budgets, fit, windows

__all__ = ["FitResult", "budget", "budgets", "fit", "windows"]
