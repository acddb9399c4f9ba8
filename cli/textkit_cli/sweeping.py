"""What a sweep's CONFIG asks for, checked before anything is trained."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from textkit.errors import UsageError, unknown_name
from textkit.tasks.configuration import read_settings
from textkit.tasks.sweep.plan import Trial, check_trials, grid_trials, sampled_trials
from textkit.tasks.sweep.trials import Measure
from textkit_cli.trainings import TRAININGS, check_inputs, input_files

_TABLES = ("inputs", "settings", "grid", "sample")
_KEYS = ("command", "measure", "trials", "seed", *_TABLES)


class Sweep(NamedTuple):
    """The training command of a sweep, what all trials read, the trials, and the figure that compares them.

    `plan` is all of it as plain data, with the sums of the files that are read.
    """

    command: str
    inputs: dict[str, Any]
    trials: list[Trial]
    measure: Measure
    plan: dict[str, Any]


def read_sweep(config: str) -> Sweep:
    """The sweep that a TOML file asks for.

    Raises UsageError for what it does not know, with the nearest name, and for a trial that contradicts
    itself, InputError for a file that is not there.
    """
    document = read_settings(config)
    for name in document:
        if name not in _KEYS:
            raise UsageError(f"{config}: {unknown_name('key', name, _KEYS)}")
    for name in _TABLES:
        if not isinstance(document.get(name, {}), dict):
            raise UsageError(f"{config}: {name} is a table: write [{name}], and name = value below it")
    command = document.get("command")
    if not isinstance(command, str):
        raise UsageError(f'{config}: name the training command: command = "train-classifier", say')
    if command not in TRAININGS:
        raise UsageError(f"{config}: {unknown_name('training command', command, TRAININGS)}")
    training, inputs = TRAININGS[command], document.get("inputs", {})
    try:
        measure = training.measure(document.get("measure"))
    except UsageError as error:
        raise UsageError(f"{config}: {error}") from error
    trials = _trials(document, source=config)
    check_trials(trials, training.settings, source=config)
    check_inputs(training, inputs, source=config)
    for trial in trials:
        if measure.name == "bleu" and trial.settings.get("valid_bleu") == 0:
            raise UsageError(
                f'{config}: without valid_bleu there is no BLEU; set it, or measure = "perplexity"'
            )
    plan = {
        "command": command,
        "measure": measure.name,
        "inputs": inputs,
        "content of the inputs": {file: _sum(file) for file in input_files(training, inputs)},
        "settings": document.get("settings", {}),
        "set of trials": {trial.name: trial.varied for trial in trials},
    }
    return Sweep(command, inputs, trials, measure, plan)


def _trials(document: dict[str, Any], *, source: str) -> list[Trial]:
    if ("grid" in document) == ("sample" in document):
        raise UsageError(f"{source}: say what varies in one table, either [grid] or [sample]")
    fixed = document.get("settings", {})
    if "grid" in document:
        for name in ("trials", "seed"):
            if name in document:
                raise UsageError(f"{source}: {name} is for a [sample]; a [grid] is tried as a whole")
        return grid_trials(fixed, document["grid"], source=source)
    numbers = {"trials": document.get("trials"), "seed": document.get("seed", 1)}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise UsageError(f"{source}: a [sample] needs a whole number: {name} = 20, say, above all tables")
    return sampled_trials(fixed, document["sample"], source=source, **numbers)


def _sum(file: str) -> str:
    with Path(file).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]
