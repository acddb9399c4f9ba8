"""What became of each trial of a sweep: a journal in its folder, whole at any moment."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from textkit import __version__, atomic
from textkit.errors import CheckpointError, TextkitError, newer_advice
from textkit.plain_files import check_plain
from textkit.train.checkpoint import MANIFEST, RunFolder
from textkit.train.manifest import checked, to_text

JOURNAL = "sweep.json"
FORMAT = 1

State = Literal["finished", "failed", "interrupted"]


class Measure(NamedTuple):
    """What trials are compared by: the figure `name` in a run's results on `texts`; is more better?"""

    name: str
    texts: str
    higher: bool


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: its figure on the validation texts, or the reason why there is none.

    `seconds` of work are those that a sweep saw.
    """

    state: State
    figure: float | None = None
    seconds: float = 0.0
    message: str = ""


class Journal:
    """The plan of a sweep and the outcomes of its trials, by name, in the file sweep.json.

    It is replaced as a whole after each trial. What a killed sweep could not write is found in the runs.
    """

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self.folder, self.document = folder, document
        self.outcomes = {name: _outcome(each) for name, each in document["trials"].items()}

    @staticmethod
    def open(folder: Path, plan: Mapping[str, Any]) -> Journal:
        """The journal of a folder: a new one where there is none, else the one that is there.

        Raises CheckpointError when that is damaged, or of another plan: it says what changed.
        """
        check_plain(folder)
        path = folder / JOURNAL
        plan = json.loads(json.dumps(plan))
        if not path.exists():
            journal = Journal(folder, {"format": FORMAT, "textkit": __version__, "plan": plan, "trials": {}})
            journal._write()
            return journal
        journal = Journal.read(folder)
        before = dict(journal.document["plan"])
        for name in dict.fromkeys([*plan, *before]):
            if plan.get(name) != before.get(name):
                change = _change(before.get(name), plan.get(name))
                raise CheckpointError(
                    f"{folder}: the sweep there differs in its {name}: {change}; take that back, or name "
                    "another folder"
                )
        return journal

    @staticmethod
    def read(folder: Path) -> Journal:
        """The journal of a folder that has one; raises CheckpointError when it is damaged."""
        path = folder / JOURNAL
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if (found := document["format"]) != FORMAT:
                raise ValueError(
                    f"format {found!r}; this version reads {FORMAT}{newer_advice(found, FORMAT)}"
                )
            document, fault = checked(document)
            if fault:
                raise ValueError(fault)
            journal = Journal(folder, document)
            dict(document["plan"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(
                f"{path}: damaged, or of another version of textkit ({error}); name another folder: the runs "
                "in this one stay usable"
            ) from error
        return journal

    def refresh(self) -> None:
        """Read the outcomes anew, when another sweep may have been at work."""
        self.outcomes = Journal.open(self.folder, self.document["plan"]).outcomes

    def put(self, name: str, outcome: Outcome) -> None:
        """Write down how a trial ended."""
        self.outcomes[name] = outcome
        self._write()

    def _write(self) -> None:
        self.document["trials"] = {name: asdict(each) for name, each in sorted(self.outcomes.items())}
        atomic.write_text(self.folder / JOURNAL, to_text(self.document))


def _outcome(fields: dict[str, Any]) -> Outcome:
    """What a journal says of a trial; raises ValueError or TypeError for what no journal says."""
    outcome = Outcome(**fields)
    figure = 0.0 if outcome.figure is None else outcome.figure
    numbers = all(isinstance(each, int | float) and math.isfinite(each) for each in (figure, outcome.seconds))
    if outcome.state not in get_args(State) or not numbers or not isinstance(outcome.message, str):
        raise ValueError(f"no outcome of a trial: {fields}")
    return outcome


def _change(before: Any, now: Any) -> str:
    """What differs, by name where it can be said.

    >>> _change({"hidden": [1], "epochs": 3}, {"hidden": [1, 2], "epochs": 3})
    'hidden is now [1, 2], it was [1]'
    >>> _change({"trial-002": {"hidden": 3}}, {})
    "trial-002 is now not there, it was {'hidden': 3}"
    """
    if isinstance(before, dict) and isinstance(now, dict):
        name = next(each for each in [*now, *before] if now.get(each) != before.get(each))
        return f"{name} is now {_told(now.get(name))}, it was {_told(before.get(name))}"
    return f"it is now {_told(now)}, it was {_told(before)}"


def _told(value: Any) -> str:
    return "not there" if value is None else repr(value)


def figure_of(run: Path, measure: Measure) -> float | None:
    """The figure of a run that is finished, else None; test texts have no part in it.

    Raises TextkitError for a finished run without the figure, and CheckpointError for a damaged one.
    """
    if not (run / MANIFEST).exists():
        return None
    results = RunFolder.open(run).document.get("results")
    if results is None:
        return None
    figure = results.get(measure.texts, {}).get(measure.name)
    if isinstance(figure, bool) or not isinstance(figure, int | float) or not math.isfinite(figure):
        raise TextkitError(
            f"{run}: its results on {measure.texts} have no {measure.name}: take another measure"
        )
    return float(figure)


def can_resume(run: Path) -> bool:
    """Whether a training was saved on its way; before that, to begin anew loses nothing."""
    return (run / MANIFEST).exists() and RunFolder.open(run).has("last")
