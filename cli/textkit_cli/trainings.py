"""What a sweep needs to know of the training commands: what they read, and what they are compared by."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from textkit.errors import UsageError, unknown_name
from textkit.tasks.sweep.trials import Measure
from textkit_corpora.compression import check_file, is_standard

_TEXT = ("field", "errors")
_LABELLED = ("text_column", "label_column", "errors")


class Training(NamedTuple):
    """A training command: `config` is (module, class) of its settings; `learns` the argument, or options, of
    what it learns from; `validates` the options of the texts that trials are compared on, of which one set
    is due; `others` further inputs; `texts` what results on validation texts are called; `measures` by which
    trials may be compared, the first unless another is asked for, and whether more is better."""

    config: tuple[str, str]
    argument: str | None
    learns: tuple[tuple[str, ...], ...]
    validates: tuple[tuple[str, ...], ...]
    others: tuple[str, ...]
    texts: str
    measures: dict[str, bool]

    @property
    def settings(self) -> type[BaseModel]:
        """The class of its settings."""
        module, name = self.config
        kind: type[BaseModel] = getattr(importlib.import_module(module), name)
        return kind

    @property
    def files(self) -> tuple[str, ...]:
        """The inputs that name files."""
        columns = (*_TEXT, *_LABELLED, "source_column", "target_column")
        sets = (*self.learns, *self.validates, self.others)
        return tuple(name for each in sets for name in each if name not in columns)

    def measure(self, name: object) -> Measure:
        """The measure called `name`; raises UsageError for another."""
        chosen = next(iter(self.measures)) if name is None else name
        if not isinstance(chosen, str) or chosen not in self.measures:
            raise unknown_name("measure", str(chosen), self.measures)
        return Measure(chosen, self.texts, self.measures[chosen])


TRAININGS = {
    "train-lm": Training(
        ("textkit.tasks.language_model", "LanguageModelConfig"),
        "files",
        (("files",),),
        (("valid",),),
        _TEXT,
        "valid",
        {"bits_per_character": False, "bits_per_byte": False, "perplexity": False},
    ),
    "train-classifier": Training(
        ("textkit.tasks.classification.config", "ClassifierConfig"),
        "train",
        (("train",),),
        (("dev",),),
        ("unlabelled", *_LABELLED),
        "dev",
        {"macro_f1": True, "accuracy": True, "log_loss": False},
    ),
    "train-tagger": Training(
        ("textkit.tasks.tagging", "TaggerConfig"),
        "train",
        (("train",),),
        (("dev",),),
        ("errors",),
        "dev",
        {"f1": True, "macro_f1": True, "accuracy": True},
    ),
    "train-nmt": Training(
        ("textkit.tasks.translation", "TranslatorConfig"),
        None,
        (("source", "target"), ("pairs",)),
        (("valid_source", "valid_target"), ("valid_pairs",)),
        ("source_column", "target_column", "errors"),
        "valid",
        {"bleu": True, "perplexity": False},
    ),
}


def check_inputs(training: Training, inputs: Mapping[str, Any], *, source: str) -> None:
    """Raise UsageError for what the command does not read, or lacks; InputError for a missing file."""
    where = f"{source}: [inputs]"
    sets = (*training.learns, *training.validates)
    known = dict.fromkeys([name for each in sets for name in each] + list(training.others))
    for name, value in inputs.items():
        if name in ("test", "test_source", "test_target", "test_pairs"):
            raise UsageError(
                f"{where} {name}: a sweep must not see test texts; measure the best trial on them at the end"
            )
        if name not in known:
            raise UsageError(f"{where} {unknown_name('input', name, known)}")
        if not isinstance(value, str) and not (name == "files" and _are_names(value)):
            raise UsageError(f"{where} {name}: give a name, not {value!r}")
    for needed, why in ((training.learns, "to learn from"), (training.validates, "to compare trials on")):
        if not any(all(name in inputs for name in each) for each in needed):
            ways = ", or ".join(" and ".join(each) for each in needed)
            raise UsageError(f"{where} name the texts {why}: {ways}")
    for name in training.files:
        for file in _files(inputs.get(name)):
            if is_standard(file):
                raise UsageError(f"{where} {name}: every trial reads it, so it must be a file")
            check_file(file)


def input_files(training: Training, inputs: Mapping[str, Any]) -> list[str]:
    """The files that the trials read."""
    return [file for name in training.files for file in _files(inputs.get(name))]


def arguments(command: str, inputs: Mapping[str, Any], *, config: Path, run: Path, resume: bool) -> list[str]:
    """The arguments of `textkit` that train one trial, or go on with it."""
    if resume:
        return [command, "--resume", str(run), "--quiet"]
    given = [command, "--config", str(config), "--output", str(run), "--quiet"]
    positional = TRAININGS[command].argument
    for name, value in inputs.items():
        if name != positional:
            given.append(f"--{name.replace('_', '-')}={value}")
    return [*given, "--", *_files(inputs.get(positional))] if positional is not None else given


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _files(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)
