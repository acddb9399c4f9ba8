"""What an output is, apart from the time it took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TIMES = ("seconds", "validation_seconds", "logged_seconds")
PASSING = {".lock", "curve.png", "log.jsonl", "manifest.json"}  # compared by what they say, or not at all


def of(path: Path) -> Any:
    """Of a file its bytes; of a run weights, states, log, results and every file; of a sweep its runs."""
    if path.is_file():
        return path.read_bytes()
    if (path / "sweep.json").exists():
        return _sweep(path)
    return _run(path) if (path / "manifest.json").exists() else _files(path)


def _sweep(path: Path) -> dict[str, Any]:
    journal = json.loads((path / "sweep.json").read_text())
    journal.pop("digest", None)  # of the times too
    for trial in journal["trials"].values():
        del trial["seconds"]
    runs = {trial.name: _run(trial) for trial in path.iterdir() if trial.is_dir()}
    return {"journal": journal, "runs": runs}


def _run(path: Path) -> dict[str, Any]:
    from textkit.train.checkpoint import RunFolder
    from textkit.train.log import Log
    from textkit.train.manifest import ROLES

    run = RunFolder.open(path)
    document = {key: value for key, value in run.document.items() if key not in (*ROLES, "files", "digest")}
    found: dict[str, Any] = {"document": document, "files": {}}
    names = {
        entry.get(key) for role in ROLES if (entry := run.document.get(role)) for key in ("weights", "state")
    }
    for name in set(run.document["files"]) - names:
        found["files"][name] = run.read(name)
    for role in (role for role in ROLES if run.has(role)):
        info = {key: value for key, value in run.info(role).items() if key not in ("weights", "state")}
        found[role] = [info, {key: array.tobytes() for key, array in run.arrays(role).items()}]
        if run.info(role).get("state") is not None:
            found[role].append(_frozen(run.state(role)))
    found["log"] = [_timeless(record) for record in Log(path / "log.jsonl").records()]
    others = {file.name for file in path.iterdir() if file.is_file()} - PASSING
    found["names"] = others - {name for name in names if name is not None}
    return found


def _files(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def _timeless(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k not in TIMES and not k.endswith("per_second")}


def _frozen(value: Any) -> Any:
    """Tensors as bytes, without times."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items() if key not in TIMES}
    return [_frozen(each) for each in value] if isinstance(value, (list, tuple)) else value


def whole(path: Path) -> None:
    """Raise unless every file that a run's manifest names is there, as it was written."""
    from textkit.train.checkpoint import RunFolder

    run = RunFolder.open(path)
    for name in run.document["files"]:
        run.read(name)
