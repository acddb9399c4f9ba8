"""Every checksum of a run computed anew, its model opened as users open it, and asked its probe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import textkit
from textkit.errors import CheckpointError, TextkitError
from textkit.lm.ngram.folder import read_header
from textkit.tasks.language_model.ngram_file import is_model_folder, read_ngram_file
from textkit.tasks.language_model.saved import SavedModel
from textkit.tasks.sweep.trials import JOURNAL, Journal
from textkit.tasks.verification.probe import KEY, TOLERANCE, Probe, model_sum
from textkit.train.checkpoint import MANIFEST, MODEL, RunFolder
from textkit.train.log import Log

_TRIES = 5  # a training at work replaces files while they are read


@dataclass(frozen=True)
class Verified:
    """What was found: `files` of `size` bytes were looked at, `faults` are one line each.

    `probe` says how what the model gives compares with what it gave when its training ended.
    """

    path: str
    kind: str = ""
    signature: str = ""
    files: int = 0
    size: int = 0
    probe: str = ""
    faults: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"sound": self.sound, **asdict(self)}


def verify(path: Path | str) -> Iterator[Verified]:
    """Verify a run or an n-gram model folder; of a sweep first each trial's run, then the sweep.

    Nothing is raised for what is missing or damaged: it is among the faults.

    >>> [found.faults for found in verify("no-such-run")]
    [('no-such-run: there is no such run, model folder or sweep',)]
    """
    path = Path(path)
    if (path / JOURNAL).exists():
        yield from _sweep(path)
    elif is_model_folder(path):
        yield _model_folder(path)
    elif path.is_dir():
        yield _run(path)
    else:
        what = "is a file; name a run, a model folder or a sweep"
        missing = "there is no such run, model folder or sweep"
        yield Verified(str(path), faults=(f"{path}: {what if path.exists() else missing}",))


def _run(path: Path) -> Verified:
    """A run; looked at again where another process has replaced its manifest meanwhile."""
    for _ in range(_TRIES):
        try:
            run = RunFolder.open(path)
        except CheckpointError as error:
            return Verified(str(path), faults=(str(error),))
        found = _opened(run)
        if found.sound or _manifest(path) == run.document:
            break
    return found


def _manifest(path: Path) -> dict[str, Any]:
    try:
        return RunFolder.open(path).document
    except CheckpointError:
        return {}


def _opened(run: RunFolder) -> Verified:
    faults, probe = (*run.damage(), *_log_damage(run)), ""
    trained = run.has("best") or f"{MODEL}/header.json" in run.document["files"]
    if not faults and not trained:
        probe = "no model yet"
    elif not faults:
        try:
            probe = _compare(run)
        except TextkitError as error:
            faults = (str(error),)
    sizes = [(run.path / name).stat().st_size for name in _files(run) if (run.path / name).exists()]
    signature = str(run.document.get("signature", ""))
    return Verified(str(run.path), run.kind, signature, len(sizes), sum(sizes), probe, faults)


def _log_damage(run: RunFolder) -> Iterator[str]:
    """What is wrong with the log: it grows while training, so that the manifest has no sum of it."""
    log = Log(run.path / "log.jsonl")
    try:
        found = len(log.records())
        known = run.state()["progress"]["records"] if run.has("last") else 0
    except (TextkitError, OSError) as error:
        yield str(error)
    except (LookupError, TypeError):  # a forged state, which --resume refuses
        return
    else:
        if found < known:
            yield f"{log.path}: has {found} records of {known}: restore it; curves and reports lack the rest"


def _files(run: RunFolder) -> set[str]:
    """The files that belong to a run, the tables of an n-gram model among them."""
    tables = {f"{MODEL}/{file.name}" for file in (run.path / MODEL).glob("*")}
    return {MANIFEST, *run.document["files"], *tables}


def _compare(run: RunFolder) -> str:
    """Open the model of a run and ask it; raises CheckpointError where it gives something else."""
    recorded, model = Probe.read(run.document.get(KEY)), model_sum(run)
    found = Probe.of(run.kind, textkit.load(run.path), model=model)
    if recorded is not None and recorded.model != model:
        return "none of this model: training has gone on and not ended"
    return _told(run.path, found, recorded)


def _told(path: Path, found: Probe, recorded: Probe | None) -> str:
    if recorded is None:
        return "none recorded"
    if found.tokens != recorded.tokens:
        raise CheckpointError(
            f"{path}: the fixed text of the probe becomes other tokens than when training ended: install "
            "the libraries of that time, or train again"
        )
    difference = found.difference(recorded)
    if difference > TOLERANCE:
        raise CheckpointError(
            f"{path}: the model answers the probe otherwise than when training ended: scores "
            f"{_scores(found)}, they were {_scores(recorded)}"
        )
    return "as recorded" if not difference else f"within {difference:.1g} of what was recorded"


def _scores(probe: Probe) -> str:
    return ", ".join("none" if score is None else f"{score:.6g}" for score in probe.scores)


def _model_folder(path: Path) -> Verified:
    try:
        saved = read_ngram_file(path)
        recorded = Probe.read(read_header(path).probe)
        found = Probe.of("ngram", SavedModel(saved.model, saved.pipeline))
        probe = _told(path, found, recorded)
    except TextkitError as error:
        return Verified(str(path), "ngram", faults=(str(error),))
    sizes = [file.stat().st_size for file in path.iterdir() if file.is_file()]
    return Verified(str(path), "ngram", saved.signature(), len(sizes), sum(sizes), probe)


def _sweep(path: Path) -> Iterator[Verified]:
    try:
        journal = Journal.read(path)
    except CheckpointError as error:
        yield Verified(str(path), "sweep", faults=(str(error),))
        return
    faults = []
    for name, outcome in sorted(journal.outcomes.items()):
        run = path / name
        if (run / MANIFEST).exists():
            found = _run(run)
            yield found
            measured = RunFolder.open(run).document.get("results") if found.sound else None
            if outcome.state == "finished" and found.sound and not _holds(measured, outcome.figure):
                faults.append(f"{run}: its results do not have the figure of the sweep, {outcome.figure}")
        elif outcome.state == "finished":
            faults.append(f"{run}: the run of a finished trial is missing; restore it")
    plan = journal.document.get("plan")
    command = plan.get("command") if isinstance(plan, dict) else ""
    signature = f"{len(journal.outcomes)} trials of {command}"
    size = (path / JOURNAL).stat().st_size
    yield Verified(str(path), "sweep", signature, 1, size, faults=tuple(faults))


def _holds(results: Any, figure: float | None) -> bool:
    """Whether a figure stands among a run's results on some text."""
    texts = results.values() if isinstance(results, dict) else ()
    return any(figure in each.values() for each in texts if isinstance(each, dict))
