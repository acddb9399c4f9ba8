"""What a run folder says of itself: settings, results and the log of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.configuration import parse_settings
from textkit.tasks.kinds import KINDS
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log

LANGUAGE_MODEL = "language model"
_LONGER = ("epochs", "max_steps", "budget")  # what a resumed run may have been given anew
_ROOTS = ("model", "recipe", "preset", "unit")  # settings that others have their defaults from


@dataclass(frozen=True)
class RunRecord:
    """A run that may not be finished yet."""

    run: RunFolder

    @staticmethod
    def open(path: Path | str) -> RunRecord:
        """The record of a run folder; raises CheckpointError when there is none, or it is damaged."""
        return RunRecord(RunFolder.open(path))

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.run.path.resolve().name

    @property
    def kind(self) -> str:
        """Of KINDS, or LANGUAGE_MODEL."""
        return self.run.kind if self.run.kind in KINDS else LANGUAGE_MODEL

    @property
    def finished(self) -> bool:
        """Whether it was trained to its end, and measured."""
        return "results" in self.run.document

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Every setting by name, as it was in the last training; tables within have names with dots."""
        source = str(self.run.path / "config.toml")
        try:
            found = parse_settings(self.run.config(), source=source)
        except UsageError as error:
            raise CheckpointError(f"{source}: damaged: {str(error).removeprefix(f'{source}: ')}") from error
        return _flat(found | {name: self.run.document[name] for name in _LONGER if name in self.run.document})

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What the settings would be had only the kind of model, the recipe and the preset been named."""
        roots = {name: self.settings[name] for name in _ROOTS if name in self.settings}
        kind = self._config()
        try:
            return _flat(
                kind.model_validate(
                    {name: roots[name] for name in roots if name in kind.model_fields}
                ).model_dump()
            )
        except (ValueError, UsageError):  # of another version: nothing to compare with
            return {}

    def _config(self) -> type[BaseModel]:
        if self.kind == "classifier":
            from textkit.tasks.classification.config import ClassifierConfig

            return ClassifierConfig
        if self.kind == "tagger":
            from textkit.tasks.tagging.config import TaggerConfig

            return TaggerConfig
        if self.kind == "translator":
            from textkit.tasks.translation.config import TranslatorConfig

            return TranslatorConfig
        from textkit.tasks.language_model.config import LanguageModelConfig

        return LanguageModelConfig

    @cached_property
    def results(self) -> dict[str, dict[str, Any]]:
        """The measures on held-out texts by name; raises CheckpointError for what is none."""
        found = self.run.document.get("results", {})
        for name, measures in found.items():
            if not isinstance(measures, dict):
                raise self.damaged(f"the results on {name} must be an object")
        return dict(found)

    def damaged(self, why: str) -> CheckpointError:
        """The error for a manifest that holds something else than it should."""
        return CheckpointError(f"{self.run.path / 'manifest.json'}: damaged: {why}")

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        """The records of its training, none where nothing was learnt in steps."""
        return Log(self.run.path / "log.jsonl").records()

    @property
    def best_step(self) -> int | None:
        """The step whose weights are the run's model, if there were steps."""
        step = self.run.info("best")["step"] if self.run.has("best") else 0
        return int(step) or None


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Tables within tables as names with dots.

    >>> _flat({"a": 1, "b": {"c": 2}})
    {'a': 1, 'b.c': 2}
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": each for key, each in _flat(value).items()}
        else:
            found[name] = value
    return found
