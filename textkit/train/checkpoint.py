"""A run folder: everything needed to use a model or to go on training it.

    manifest.json            what belongs to the run, with sha256 of each file and a digest of its own; the
                             point of commit
    config.toml              every setting of the run
    pipeline.json, stage*.*  cleaning and tokenizing
    vocab.txt                of models over ids
    source-vocab.txt         of translators between two vocabularies, whose vocab.txt is the target's;
                             how targets are tokenized is in data/target_pipeline
    data/                    the encoded texts, where training may be resumed
    model/                   the tables of an n-gram model; the manifest has the sum of its header.json,
                             which has those of the others
    best-000120.safetensors  weights of the best model so far
    last-000150.safetensors  weights where training stands, and
    last-000150.state.pt     the rest of its state (optimiser, sampler, generators); those of the last
                             validation stay as well, as "anchor" in the manifest
    log.jsonl, curve.png     written along the way
    times.json               how long training took so far, where that does not decide its end
    .lock                    empty; locked while a process trains here

New files are written under new names first; then the manifest is replaced, which makes them the run;
then the old ones are removed. A crash at any moment leaves the previous run or the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from textkit import __version__, atomic
from textkit.errors import CheckpointError, newer_advice, unreadable
from textkit.plain_files import check_plain
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab
from textkit.train import recipe
from textkit.train.manifest import ROLES, checked, faults, sum_of, to_text
from textkit.train.tensor_files import (
    Arrays,
    arrays_from_bytes,
    arrays_to_bytes,
    state_from_bytes,
    state_to_bytes,
)

FORMAT = 1
MANIFEST = "manifest.json"
MODEL = "model"
_SAVED = re.compile(r"(best|last)-\d{6,}(\.\d+)?\.(safetensors|state\.pt)", re.ASCII)  # as `save` names them
_LEFT = re.compile(r"\.(best-|last-|manifest\.json|log\.jsonl|times\.json|curve\.png)")  # half written


@dataclass
class RunFolder:
    """A run on disk. `document` is the manifest: format, kind, files, settings and results."""

    path: Path
    document: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise CheckpointError unless a run can be made there: nothing is, or an empty folder."""
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise CheckpointError(
                f"{path}: already exists; choose another name, "
                f"or go on with --resume {shlex.quote(str(path))}"
            )

    @staticmethod
    def create(
        path: Path | str,
        *,
        kind: str,
        config: str,
        pipeline: Pipeline[str, list[str]],
        vocab: Vocab | None = None,
        fill: Callable[[RunFolder], None] = lambda run: None,  # noqa: ARG005
        deciding: Mapping[str, Any] | None = None,
    ) -> RunFolder:
        """Make a new run folder; `config` is TOML text. `fill` may add to it before it takes its name.

        `deciding` is what decides the result beside the files that the run begins with, for its recipe (see
        `textkit.train.recipe`); None for a run that needs none.

        Raises CheckpointError when `path` is taken.
        """
        path = Path(path)
        RunFolder.check_free(path)
        with atomic.writing_folder(path) as folder:
            (folder / "config.toml").write_text(config, encoding="utf-8")
            pipeline.save(folder)
            signature = pipeline.signature()
            if vocab is not None:
                vocab.save(folder / "vocab.txt")
                signature += f" | vocab of {len(vocab)} #{vocab.digest()}"
            run = RunFolder(folder, {"format": FORMAT, "textkit": __version__, "kind": kind, "files": {}})
            run.document["signature"] = signature
            fill(run)
            for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
                if file.parent != folder / MODEL or file.name == "header.json":
                    run._own(file.relative_to(folder).as_posix())
            if deciding is not None:
                sums = {name: entry["sha256"] for name, entry in run.document["files"].items()}
                run.document[recipe.KEY] = recipe.of_files(folder, sums, deciding)
            run._commit()
        return RunFolder(path, run.document)

    @staticmethod
    def open(path: Path | str) -> RunFolder:
        """Open a run; raises CheckpointError when it is missing, incomplete or of another version."""
        path = Path(path)
        if os.path.lexists(path / MANIFEST):
            check_plain(path)
        try:
            document = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        except OSError as error:
            reason = "no such folder" if not path.exists() else "has no readable manifest.json"
            raise CheckpointError(f"{path}: not a textkit run: {reason}") from error
        except (ValueError, RecursionError) as error:
            raise CheckpointError(f"{path / MANIFEST}: damaged: {error}") from error
        if isinstance(document, dict) and document.get("format", FORMAT) != FORMAT:
            found = document["format"]
            raise CheckpointError(
                f"{path}: run format {found!r}; this version reads {FORMAT}{newer_advice(found, FORMAT)}"
            )
        for fault in faults(document):
            raise CheckpointError(f"{path / MANIFEST}: damaged: {fault}")
        document, fault = checked(document)
        if fault:
            raise CheckpointError(f"{path / MANIFEST}: damaged: {fault}")
        return RunFolder(path, document)

    def check(self, folder: str) -> None:
        """Raise CheckpointError unless every file of the run's sub-folder is as it was written."""
        for name in self.document["files"]:
            if name.startswith(f"{folder}/"):
                self._verify(name, sum_of(self._path(name)))

    def damage(self) -> Iterator[str]:
        """What is wrong with each file whose checksum differs: all of them are read."""
        for name in self.document["files"]:
            try:
                self._verify(name, sum_of(self._path(name)))
            except CheckpointError as error:
                yield str(error)

    @property
    def kind(self) -> str:
        """What the run holds: the kind of language model (ngram, lstm, ...), a classifier or a tagger."""
        return str(self.document["kind"])

    def read(self, name: str) -> bytes:
        """A file of the run; raises CheckpointError when it is missing or its checksum differs."""
        path = self._path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error
        self._verify(name, hashlib.sha256(data).hexdigest())
        return data

    def _path(self, name: str) -> Path:
        if name not in self.document["files"]:
            raise CheckpointError(f"{self.path}: the run has no {name}")
        return self.path / name

    def _verify(self, name: str, found: str) -> None:
        if found != self.document["files"][name]["sha256"]:
            raise CheckpointError(
                f"{self.path / name}: damaged: checksum differs from manifest.json; restore it or train again"
            )

    def config(self) -> str:
        """The settings as TOML text."""
        try:
            return self.read("config.toml").decode("utf-8")
        except UnicodeDecodeError as error:
            raise CheckpointError(f"{self.path / 'config.toml'}: damaged: not UTF-8") from error

    def pipeline(self) -> Pipeline[str, list[str]]:
        """Cleaning and tokenizing, as it was in training."""
        self.read("pipeline.json")
        return Pipeline.load(self.path)

    def vocab(self) -> Vocab:
        """The vocabulary."""
        self.read("vocab.txt")
        return Vocab.load(self.path / "vocab.txt")

    def arrays(self, role: str) -> dict[str, npt.NDArray[Any]]:
        """The named arrays saved as `role`, one of ROLES."""
        name = self._role(role)["weights"]
        return arrays_from_bytes(self.read(name), source=self.path / name)

    def state(self, role: str = "last") -> dict[str, Any]:
        """The training state saved as `role`: numbers, strings and tensors (on the CPU) only."""
        name = self._role(role)["state"]
        return state_from_bytes(self.read(name), source=self.path / name)

    def info(self, role: str) -> dict[str, Any]:
        """What was recorded when `role` was saved: step and measures."""
        return dict(self._role(role))

    def has(self, role: str) -> bool:
        """Whether anything was saved as `role`."""
        return role in self.document

    def _role(self, role: str) -> dict[str, Any]:
        if role not in self.document:
            raise CheckpointError(
                f"{self.path}: the run has no {role} model yet; "
                f"finish it with --resume {shlex.quote(str(self.path))}"
            )
        return dict(self.document[role])

    def save(
        self,
        role: str,
        arrays: Arrays,
        *,
        step: int,
        info: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
        also: Sequence[str] = (),
    ) -> None:
        """Make `arrays` (and `state`) the run's `role`; a crash meanwhile keeps the old one.

        Without being written twice they become the roles of `also` too.
        """
        name = self._free_name(f"{role}-{step:06d}")
        entry: dict[str, Any] = {"step": step, "weights": f"{name}.safetensors", **info}
        atomic.write_bytes(self.path / entry["weights"], arrays_to_bytes(arrays))
        self._own(entry["weights"])
        if state is not None:
            entry["state"] = f"{name}.state.pt"
            atomic.write_bytes(self.path / entry["state"], state_to_bytes(state))
            self._own(entry["state"])
        for each in (role, *also):
            self.document[each] = entry
        self._commit()

    def _free_name(self, name: str) -> str:
        """`name`, or with a number: what the manifest names is never written over."""
        candidates = itertools.chain([name], (f"{name}.{number}" for number in itertools.count(2)))
        return next(each for each in candidates if f"{each}.safetensors" not in self.document["files"])

    def sweep(self) -> None:
        """Remove what a crash left: weights and states that never became the run's, files half written."""
        for path in self.path.iterdir():
            weights = _SAVED.fullmatch(path.name) and path.name not in self.document["files"]
            if weights or _LEFT.match(path.name):
                _remove(path)

    def record(self, key: str, value: object) -> None:
        """Keep `value` (plain data) in the manifest under `key`: results, sources, notes."""
        self.document[key] = value
        self._commit()

    def _own(self, name: str) -> None:
        path = self.path / name
        self.document["files"][name] = {"bytes": path.stat().st_size, "sha256": sum_of(path)}

    def _commit(self) -> None:
        """Replace the manifest, then remove weights and states that it no longer names."""
        entries = [self.document[role] for role in ROLES if role in self.document]
        named = {entry.get(key) for entry in entries for key in ("weights", "state")}
        stale = [n for n in self.document["files"] if n.startswith(("best-", "last-")) and n not in named]
        for name in stale:
            del self.document["files"][name]
        if recipe.KEY in self.document:
            self.document["signature"] = recipe.signed(self.document)
        atomic.write_text(self.path / MANIFEST, to_text(self.document))
        for name in stale:
            _remove(self.path / name)


def _remove(path: Path) -> None:
    """What has become a folder stays: it is no longer the run's, and nothing is lost."""
    with contextlib.suppress(IsADirectoryError, PermissionError):
        path.unlink(missing_ok=True)
