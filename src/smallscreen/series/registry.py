"""Finding the things that are one file each: checks, formats, lexicons, engines.

A family is a package; every module in it may define subclasses of the family's base class.
`discover` imports them all and returns one instance a class, by id. To add one: add a file.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, base: type[T]) -> dict[str, T]:
    """Every concrete subclass of `base` defined in `package`'s modules, instantiated, by its `id`.

    Raises ValueError when two share an id: that is a programming mistake.
    """
    found: dict[str, T] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if not (inspect.isclass(value) and issubclass(value, base)):
                continue
            if (
                value.__module__ != module.__name__
                or inspect.isabstract(value)
                or not getattr(value, "id", None)
            ):
                continue
            thing = value()
            key = str(value.id)  # type: ignore[attr-defined]
            if key in found:
                raise ValueError(f"two {base.__name__} share the id {key!r}")
            found[key] = thing
    return dict(sorted(found.items()))
