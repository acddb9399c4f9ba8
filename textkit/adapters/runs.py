"""Runs that another library refers to: by their path, and by what is in them."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textkit.errors import CheckpointError
from textkit.tasks.kinds import check_kind
from textkit.train.checkpoint import RunFolder

_HOME = os.getpid()  # a fork is another process; datasets forks in a way that multiprocessing cannot tell
_OF_TRAINING = ("data/", "log.jsonl", "curve.png")


def run_signature(path: Path | str) -> str:
    """What a run's answers depend on, in one line: its pipeline and vocabulary, and a hash with its weights.

    It stays what it is when the run is moved, and changes when anything else is trained there. Raises
    CheckpointError when there is no run.
    """
    document = RunFolder.open(path).document
    best = document.get("best", {}).get("weights")
    sums = {
        name: entry["sha256"]
        for name, entry in document["files"].items()
        if not name.startswith((*_OF_TRAINING, "best-", "last-"))
    }
    known = {"kind": document["kind"], "files": sums, "thresholds": document.get("thresholds")}
    if best is not None:
        known["weights"] = document["files"][best]["sha256"]
    text = json.dumps(known, sort_keys=True)
    return f"{document.get('signature')} | run #{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(eq=False)
class NamedRun:
    """A run that is loaded when it is first used, in each process anew: copies take its path alone.

    Raises CheckpointError when there is no run of this kind, also later, when another one stands there.
    """

    path: str
    kind: str
    signature: str

    @staticmethod
    def of(path: Path | str, kind: str) -> NamedRun:
        """The run at `path`, which must hold a `kind` ("classifier", "tagger")."""
        path = str(Path(path).absolute())
        check_kind(RunFolder.open(path), kind)
        return NamedRun(path, kind, run_signature(path))

    def check(self, signature: object) -> None:
        """Raise CheckpointError unless the run is the one that was signed so."""
        if signature != self.signature:
            raise CheckpointError(
                f"{self.path}: is not the run that was saved: its signature is {self.signature!r}, and "
                f"{signature!r} is due; put that run there, or save this pipeline again"
            )

    @property
    def model(self) -> Any:
        """What `textkit.load` gives."""
        if "_model" not in self.__dict__:
            self.check(run_signature(self.path))
            self._model, self._process = _load(self.path, self.kind), 0
        if self._process != os.getpid():
            self._process = os.getpid()
            if "torch" in sys.modules and (os.getpid() != _HOME or multiprocessing.parent_process()):
                import torch

                # Workers share the cores, and threads that a fork lost would be waited for without end.
                torch.set_num_threads(1)
        return self._model

    def __getstate__(self) -> dict[str, str]:
        return {"path": self.path, "kind": self.kind, "signature": self.signature}


def _load(path: str, kind: str) -> Any:
    if kind == "classifier":
        from textkit.tasks.classification import load_classifier

        return load_classifier(path)
    from textkit.tasks.tagging import load_tagger

    return load_tagger(path)
