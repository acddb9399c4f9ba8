"""The module that tells of each kind of run, imported when it is needed: most of them need torch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, cast

from textkit.tasks.report.markup import Html
from textkit.tasks.report.page import Section
from textkit.tasks.report.record import LANGUAGE_MODEL, RunRecord
from textkit.tasks.report.wanted import Wanted

_MODULES = {
    LANGUAGE_MODEL: "language_model",
    "classifier": "classification",
    "tagger": "tagging",
    "translator": "translation",
}


class Telling(Protocol):
    """What such a module has."""

    def summary(self, measured: Mapping[str, Mapping[str, Any]], /) -> Html:
        """A table of measures, a row a text."""
        ...

    def results(self, record: RunRecord, tests: Mapping[str, Mapping[str, Any]], /) -> Section:
        """What was recorded of a run, and what is measured now."""
        ...

    def sections(self, record: RunRecord, tests: Mapping[str, Any], wanted: Wanted, /) -> list[Section]:
        """All that asks the model itself, with the results."""
        ...


def telling(kind: str) -> Telling:
    """The module for a kind of run."""
    return cast(Telling, importlib.import_module(f"textkit.tasks.report.{_MODULES[kind]}"))
