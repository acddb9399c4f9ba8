"""Reading what a report is to measure runs on, and finding out what a folder holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from textkit.errors import CheckpointError, TextkitError, unreadable
from textkit_corpora.compression import display_name

if TYPE_CHECKING:
    from textkit.tasks.report.record import RunRecord
    from textkit.tasks.sweep.plan import Trial
    from textkit.tasks.sweep.trials import Journal, Measure


class Columns(NamedTuple):
    """Where a text and its label stand in the records of a file, and what to do with wrong bytes."""

    text: str | None
    label: str | None
    errors: str


def read_tests(record: RunRecord, files: Sequence[str], columns: Columns) -> dict[str, Any]:
    """The texts of each file as the run's kind is measured on them, by the name of the file."""
    found: dict[str, Any] = {}
    for file in files:
        name = display_name(file)
        found[name if name not in found else f"{name} ({len(found) + 1})"] = _read(record, file, columns)
    return found


def _read(record: RunRecord, file: str, columns: Columns) -> Any:
    if record.kind == "classifier":
        from textkit.tasks.classification.prepared_texts import labels_of
        from textkit.tasks.report.held_out import Labelled
        from textkit_cli.labelled import read_labelled_texts

        texts, places = read_labelled_texts(
            file,
            text_column=columns.text,
            label_column=columns.label,
            errors=columns.errors,
            labels=labels_of(record.run),
        )
        return Labelled(texts, places)
    if record.kind == "tagger":
        from textkit_corpora.tagged import read_tagged

        return list(read_tagged(file, errors=columns.errors))
    if record.kind == "translator":
        from textkit.text.pairs import Pair
        from textkit_corpora.pairs import read_pairs

        return [Pair(each.source, each.target) for each in read_pairs(file, errors=columns.errors)]
    from textkit_corpora.readers import read_lines

    return list(read_lines(file, field=columns.text, errors=columns.errors))


def read_sweep_folder(folder: Path) -> tuple[Journal, list[Trial], Measure]:
    """What a sweep's folder says of it; raises CheckpointError when it is damaged."""
    from textkit.tasks.sweep.plan import Trial
    from textkit.tasks.sweep.trials import JOURNAL, Journal
    from textkit_cli.trainings import TRAININGS

    path = folder / JOURNAL
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))["plan"]
        journal = Journal.open(folder, plan)
        trials = [
            Trial(number, dict(varied), plan["settings"] | varied)
            for number, varied in enumerate(plan["set of trials"].values(), 1)
        ]
        measure = TRAININGS[plan["command"]].measure(plan["measure"])
        if list(plan["set of trials"]) != [trial.name for trial in trials] or not trials:
            raise ValueError("its trials are not numbered")
        if len({tuple(trial.varied) for trial in trials}) > 1:
            raise ValueError("its trials differ in different settings")
        if not all(isinstance(each, str) for each in plan["content of the inputs"].values()):
            raise ValueError("the sums of its inputs are no names")
        for each in journal.outcomes.values():
            if not (isinstance(each.message, str) and isinstance(each.state, str)):
                raise ValueError("how a trial ended must be said in words")
            if not all(isinstance(number, int | float) for number in (each.figure or 0, each.seconds)):
                raise ValueError("figures and seconds must be numbers")
    except CheckpointError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except (AttributeError, LookupError, TextkitError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged, or of another version of textkit: {error}") from error
    return journal, trials, measure
