"""What every component that runs a run folder has: batches, and where its run is when it is saved."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.util import raise_error

from textkit import atomic
from textkit.adapters.runs import NamedRun
from textkit.errors import CheckpointError, unreadable


class RunComponent(ABC):
    """A component whose answers come from a run; `annotate` puts them into the Docs of a batch."""

    kind = ""

    def __init__(self, run: Path | str, *, name: str) -> None:
        self.name = name
        self.run = NamedRun.of(run, self.kind)
        self._handle: Callable[..., None] = raise_error

    @abstractmethod
    def annotate(self, docs: list[Any]) -> None:
        """Add what the run says to each Doc."""

    def __call__(self, doc: Any) -> Any:
        """Add to one Doc, and give it back."""
        self.annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Any], *, batch_size: int = 256) -> Iterator[Any]:
        """Add to a stream of Docs, many at a time; what goes wrong with some goes to the error handler."""
        docs_left = iter(stream)
        while docs := list(islice(docs_left, batch_size)):
            try:
                self.annotate(docs)
            except Exception as error:
                self._handle(self.name, self, docs, error)
            else:
                yield from docs

    def set_error_handler(self, error_handler: Callable[..., None]) -> None:
        """What spaCy gives for components to call with (name, component, docs, error)."""
        self._handle = error_handler

    def get_error_handler(self) -> Callable[..., None]:
        """The one that was set; it raises if none was."""
        return self._handle

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:  # noqa: ARG002 - spaCy's names
        """The run's path and signature."""
        return json.dumps({"run": self.run.path, "signature": self.run.signature}, indent=1).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> RunComponent:  # noqa: ARG002
        """Check that the run of the configuration is the one that was saved; raises CheckpointError."""
        try:
            saved = json.loads(data)["signature"]
        except (ValueError, LookupError, TypeError) as error:
            raise CheckpointError(f"the component {self.name!r} was not saved by textkit: {error}") from error
        self.run.check(saved)
        return self

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Write what `to_bytes` gives to run.json in the folder `path`."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(folder / "run.json", self.to_bytes(exclude=exclude))

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> RunComponent:
        """Read what `to_disk` wrote; raises CheckpointError when the run is another one."""
        file = Path(path) / "run.json"
        try:
            data = file.read_bytes()
        except OSError as error:
            raise unreadable(file, error) from error
        return self.from_bytes(data, exclude=exclude)
