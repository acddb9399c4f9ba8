"""What is fuzzed: a table of targets, one for each reader and parser, in a module a family."""

from __future__ import annotations

import functools
import importlib

from fuzz_targets.target import Target

FAMILIES = (
    *("lines", "records", "labelled", "formats", "cleaning", "tokens"),
    *("ngrams", "settings", "stored", "runs"),
)


def family(name: str) -> dict[str, Target]:
    """The targets of one module, which alone is imported: those of others load what they need."""
    module = importlib.import_module(f"fuzz_targets.{name}")
    return {target.name: target for target in module.TARGETS}


@functools.cache
def places() -> dict[str, str]:
    """The family of each target, in order."""
    return {name: each for each in FAMILIES for name in family(each)}


@functools.cache
def targets() -> dict[str, Target]:
    """All targets by name."""
    return {name: target for each in FAMILIES for name, target in family(each).items()}
