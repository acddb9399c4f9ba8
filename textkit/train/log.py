"""The learning log: one JSON object a line, and the curves drawn from it."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textkit import atomic
from textkit.errors import CheckpointError, TextkitError, UsageError, reason_of
from textkit.train.measure import PERPLEXITY, Measure


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
        self._writer = None if events is None else _event_writer()(str(events))

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record; raises TextkitError where it cannot be written."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(record)) + "\n")
        except OSError as error:
            reason = reason_of(error)
            raise TextkitError(f"{self.path}: cannot be written: {reason}") from error
        if self._writer is not None:
            for key in record.keys() - {"step"}:
                self._writer.add_scalar(key, record[key], record["step"])
            self._writer.flush()

    def records(self) -> list[dict[str, Any]]:
        """All records; a last line cut short by a crash is left out.

        Raises CheckpointError for a line that is not an object of numbers.
        """
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]
        records = []
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not (isinstance(record, dict) and "step" in record and all(map(_is_number, record.values()))):
                raise CheckpointError(f"{self.path}:{number}: damaged: not a JSON object of numbers")
            records.append(record)
        return records

    def rewind(self, count: int) -> None:
        """Forget all but the first `count` records: training resumes where there were so many."""
        kept = self.records()[:count]
        atomic.write_text(self.path, "".join(json.dumps(record) + "\n" for record in kept))


def _is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)


def check_events(*, wanted: bool) -> None:
    """Raise UsageError where events are `wanted` and TensorBoard is not installed, before there is a run."""
    if wanted:
        _event_writer()


def _event_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise UsageError("TensorBoard is not installed: pip install 'textkit-nlp[tensorboard]'") from error
    return SummaryWriter


LEAST, MOST = 1e-30, 1e30  # what is drawn; beyond, a logarithmic axis would have no ticks
MANY = 300  # records drawn as they are; of more the running mean stands out, and they are pale


def draw_curve(log: Log, path: Path, *, measure: Measure = PERPLEXITY) -> None:
    """The measure over training steps, training and validation, and below it the learning rate and the norm
    of the gradient, as a PNG."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure  # not pyplot: no global state, no display
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    records = log.records()
    figure = Figure(figsize=(7, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    _draw(upper, _points(records, measure.name), label="training", colour="tab:blue")
    valid = _points(records, f"valid_{measure.name}")
    if valid:
        style = "o-" if len(valid) <= 60 else "-"
        upper.plot(*zip(*valid, strict=True), style, label="validation", markersize=4, color="tab:orange")
    upper.set(ylabel=measure.name, yscale="log")
    upper.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    upper.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    upper.yaxis.set_minor_formatter(NullFormatter())
    _draw(lower, _points(records, "learning_rate"), label="learning rate", colour="tab:green", smooth=False)
    _draw(lower, _points(records, "gradient_norm"), label="gradient norm", colour="tab:red")
    lower.set(xlabel="step", yscale="log")
    low, high = lower.get_ylim()
    lower.set_ylim(max(low, high * 1e-5), high)  # a schedule that ends at 0 leaves room for the rest
    for axes in (upper, lower):
        axes.grid(visible=True, which="major", alpha=0.25)
        if axes.lines:
            axes.legend(loc="best", fontsize="small")
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _points(records: list[dict[str, Any]], key: str) -> list[tuple[float, float]]:
    """Step and value, where there is one that a logarithmic axis can show; within bounds."""
    positive = [record for record in records if record.get(key, 0) > 0]
    return [(record["step"], min(max(record[key], LEAST), MOST)) for record in positive]


def _draw(
    axes: Any, points: list[tuple[float, float]], *, label: str, colour: str, smooth: bool = True
) -> None:
    """A line; dots where it would be too short to see; pale under its running mean where it is too long."""
    if not points:
        return
    steps, values = (list(each) for each in zip(*points, strict=True))
    if not smooth or len(points) <= MANY:
        style = "o-" if len(points) <= 3 else "-"
        axes.plot(steps, values, style, label=label, color=colour, markersize=3, linewidth=1.4)
        return
    axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
    width = len(values) // (MANY // 3)
    sums = [0.0, *itertools.accumulate(values)]
    means = [(b - a) / width for a, b in zip(sums, sums[width:], strict=False)]
    axes.plot(steps[width // 2 :][: len(means)], means, label=label, color=colour, linewidth=1.4)
