"""What there is to say about the run of a network, without loading torch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from textkit.errors import UsageError
from textkit.tasks.configuration import of_a_run, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.train import recipe
from textkit.train.checkpoint import MANIFEST, RunFolder
from textkit.train.log import Log

_SHAPE = (
    "recipe", "unit", "embedding", "hidden", "layers", "heads", "feed_forward", "positions", "tied",
    "output_layer", "steps", "context",
)  # fmt: skip
_LEARNING = (
    "optimizer", "learning_rate", "schedule", "batch_size", "sampling", "dropout", "weight_drop", "clip",
    "precision", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class NetworkInfo:
    """A neural run in numbers.

    `parts` are the parameters by part of the network, in its order; `settings` those worth knowing;
    `training` what came of it, as far as it was logged; `files` are bytes by name; `results` the scores
    on held-out texts, as they were stored.
    """

    path: str
    kind: str
    vocabulary: int
    parameters: int
    parts: dict[str, int]
    settings: dict[str, Any]
    training: dict[str, Any]
    files: dict[str, int]
    results: dict[str, dict[str, Any]]
    notes: tuple[str, ...]
    signature: str
    recipe: str = ""

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def is_network_run(path: Path | str) -> bool:
    """Whether a path is a run folder with something other than an n-gram model in it.

    Raises CheckpointError for a damaged manifest.
    """
    return (Path(path) / MANIFEST).exists() and RunFolder.open(path).kind != "ngram"


def describe_network(path: Path | str) -> NetworkInfo:
    """Open the run of a network and describe its best model.

    Raises CheckpointError for what is missing or damaged, UsageError for an n-gram run.
    """
    path = Path(path)
    run = RunFolder.open(path)
    if run.kind == "ngram":
        raise UsageError(f"{path}: an n-gram model; this is for networks")
    check_kind(run, "language model")
    where = str(path / "config.toml")
    with of_a_run(where):
        config = parse_settings(run.config(), source=where)
    config["precision"] = run.document.get("precision", config.get("precision"))  # what "auto" came to
    weights = run.arrays("best")
    parts: dict[str, int] = {}
    for name, array in weights.items():
        part = _part(name)
        parts[part] = parts.get(part, 0) + int(array.size)
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    return NetworkInfo(
        str(path),
        run.kind,
        len(run.vocab()),
        sum(parts.values()),
        dict(sorted(parts.items())),
        {name: config[name] for name in (*_SHAPE, *_LEARNING) if name in config},
        _training(run),
        {name: files[name].stat().st_size for name in sorted(files)},
        run.document.get("results", {}),
        tuple(run.document.get("notes", ())),
        str(run.document.get("signature", "")),
        recipe.line(run.document),
    )


def _part(name: str) -> str:
    """The part of the network that a weight belongs to: its first name, with the layer's number."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if rest and rest[0].isdigit() else first


def _training(run: RunFolder) -> dict[str, Any]:
    """How far training went, what it reached and how long it took."""
    best, last = run.info("best"), run.info("last") if run.has("last") else {}
    records = Log(run.path / "log.jsonl").records()
    numbers = {
        "epochs": last.get("epoch", best.get("epoch")),
        "steps": last.get("step", best.get("step")),
        "best_step": best.get("step"),
        "best_valid_loss": best.get("valid_loss"),
        "best_valid_perplexity": _exp(best.get("valid_loss")),
        "seconds": _latest(records, "seconds"),
        "tokens_per_second": _mean(records, "tokens_per_second"),
    }
    return {name: value for name, value in numbers.items() if value is not None}


def _latest(records: list[dict[str, Any]], key: str) -> Any:
    return next((record[key] for record in reversed(records) if key in record), None)


def _mean(records: list[dict[str, Any]], key: str) -> float | None:
    values = [record[key] for record in records if key in record]
    return sum(values) / len(values) if values else None


def _exp(loss: Any) -> float | None:
    return math.exp(loss) if isinstance(loss, float) and loss < 700 else None
