"""What `why`, `experiment` and `claim` return, as JSON can hold it."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def plain(thing: Any) -> Any:
    """Data classes as dicts, arrays as lists, numbers of numpy as Python's; what is not finite becomes None."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: plain(getattr(thing, f.name)) for f in fields(thing)}
    if isinstance(thing, dict):
        return {str(k): plain(v) for k, v in thing.items()}
    if isinstance(thing, np.ndarray):
        return plain(thing.tolist())
    if isinstance(thing, (list, tuple)):
        return [plain(v) for v in thing]
    if isinstance(thing, np.generic):
        return plain(thing.item())
    if isinstance(thing, float) and not math.isfinite(thing):
        return None
    return thing
