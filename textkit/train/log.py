"""The learning log: one JSON object a line, and the curves drawn from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textkit import atomic
from textkit.errors import CheckpointError, UsageError


class Log:
    """`log.jsonl` in a run folder; each record has a `step`. `events` is a folder for TensorBoard, if any.

    >>> import tempfile
    >>> log = Log(Path(tempfile.mkdtemp()) / "log.jsonl")
    >>> log.write({"step": 1, "loss": 2.5}); log.write({"step": 2, "loss": 2.25})
    >>> log.rewind(1); [record["loss"] for record in log.records()]
    [2.5]
    """

    def __init__(self, path: Path, *, events: Path | None = None) -> None:
        self.path = path
        self._writer = None if events is None else _event_writer(events)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(record)) + "\n")
        if self._writer is not None:
            for key in record.keys() - {"step"}:
                self._writer.add_scalar(key, record[key], record["step"])
            self._writer.flush()

    def records(self) -> list[dict[str, Any]]:
        """All records; a last line cut short by a crash is left out."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]
        records = []
        for number, line in enumerate(lines, 1):
            try:
                records.append(dict(json.loads(line)))
            except ValueError as error:
                raise CheckpointError(f"{self.path}:{number}: damaged: not a JSON object") from error
        return records

    def rewind(self, step: int) -> None:
        """Forget what was logged after `step`: training resumes from there."""
        kept = [record for record in self.records() if record["step"] <= step]
        atomic.write_text(self.path, "".join(json.dumps(record) + "\n" for record in kept))


def _event_writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise UsageError("TensorBoard is not installed: pip install 'textkit-nlp[tensorboard]'") from error
    return SummaryWriter(str(folder))


def draw_curve(log: Log, path: Path) -> None:
    """Perplexity over training steps, training and validation, as a PNG."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure  # not pyplot: no global state, no display
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    records = log.records()
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for key, label, style in (("perplexity", "training", "-"), ("valid_perplexity", "validation", "o-")):
        points = [(record["step"], record[key]) for record in records if key in record]
        if points:
            axes.plot(*zip(*points, strict=True), style, label=label, markersize=4, linewidth=1.4)
    axes.set(xlabel="step", ylabel="perplexity", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, which="both", alpha=0.25)
    if axes.lines:
        axes.legend()
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)
