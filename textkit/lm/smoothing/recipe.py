"""What an estimated model says of the smoothing it came from."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def recipe(method: DataclassInstance) -> str:
    """The method with the parameters that are not as by default, as one would write it.

    >>> from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
    >>> recipe(ModifiedKneserNey()), recipe(ModifiedKneserNey(prune=(0, 0, 1)))
    ('ModifiedKneserNey()', 'ModifiedKneserNey(prune=(0, 0, 1))')
    """
    values = {field.name: getattr(method, field.name) for field in fields(method)}
    chosen = (f for f in fields(method) if values[f.name] != f.default)
    return f"{type(method).__name__}({', '.join(f'{f.name}={values[f.name]!r}' for f in chosen)})"
