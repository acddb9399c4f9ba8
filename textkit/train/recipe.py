"""What decides the result of a training, as one line with a hash.

Two runs with the same recipe on one machine have the same weights, bit for bit. The hash covers: the kind,
every setting (the seed is one), the pipeline, the vocabulary, the texts learnt from and validated on, as
they were read, the precision, and what textkit and torch compute with: versions, device, threads, processes.
It does not cover the texts a run is only tested on, nor the machine.

A training that ends by the clock (`--budget`) has a recipe too, but no two take the same number of steps.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit import __version__
from textkit.scratch import pieces

KEY = "recipe"
_SHOWN = 12  # digits of a hash
_AT_ONCE = 1 << 24  # bytes of a mapped array that are read before their memory is given back
# What decides and is recorded beside the recipe, some of it later.
_BESIDE = ("kind", "precision", "epochs", "max_steps", "budget", "labels", "tune_threshold")
_TESTED = "data/test/"  # decides nothing
_PARTS = {"config.toml": "settings", "pipeline.json": "pipeline"}


def digest(*parts: str | npt.NDArray[Any]) -> str:
    """The sha256 of texts and arrays, none of which runs into the next.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    >>> digest(np.array([1, 2])) == digest(np.array([[1, 2]]))
    False
    """
    hashed = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            data = part.encode("utf-8", "surrogatepass")
            hashed.update(f"text {len(data)} ".encode())
            hashed.update(data)
        else:
            hashed.update(f"array {part.dtype.str} {part.shape} ".encode())
            numbers = np.ascontiguousarray(part).data.cast("B") if part.size else memoryview(b"")
            for begin, end in pieces(len(numbers), _AT_ONCE, part):
                hashed.update(numbers[begin:end])
    return hashed.hexdigest()


def of_network(*, device: str, processes: int = 1) -> dict[str, Any]:
    """What a network's weights depend on beside its run: versions, device, threads, processes."""
    import torch

    return {
        "torch": torch.__version__,
        "device": device,
        "threads": torch.get_num_threads(),
        "processes": processes,
    }


def of_files(folder: Path, sums: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe of a run that is being made: `sums` are the sha256 of its files by name, `more` the rest.

    `more` may have "data", the digests of texts that the run does not keep.
    """
    parts: dict[str, Any] = {"textkit": __version__, "seed": _seed(folder)}
    parts["data"] = dict(more.get("data", {}))
    grouped: dict[str, list[str]] = {}
    for name in sorted(sums):
        if name.startswith(("model/", "best-", "last-", _TESTED)):
            continue
        if name.startswith("data/"):
            parts["data"][name.removeprefix("data/")] = sums[name]
        else:
            stem = "pipeline" if name.startswith("stage") else name.removesuffix(".txt").replace("-", "_")
            grouped.setdefault(_PARTS.get(name, stem), []).append(f"{name} {sums[name]}")
    parts |= {name: digest(*lines) for name, lines in grouped.items()}
    return parts | {name: value for name, value in more.items() if name != "data"}


def _seed(folder: Path) -> int | None:
    seed = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8")).get("seed")
    return seed if isinstance(seed, int) else None


def number(document: Mapping[str, Any]) -> str:
    """The hash of a run's recipe, from its manifest; nothing where that has none.

    >>> number({"kind": "lstm", "recipe": {"seed": 1}}), number({"kind": "lstm"})
    ('#87f41bd796e6', '')
    """
    if not isinstance(document.get(KEY), Mapping):
        return ""
    known = {name: document[name] for name in _BESIDE if name in document}
    text = json.dumps([document[KEY], known], sort_keys=True)
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:_SHOWN]}"


def line(document: Mapping[str, Any]) -> str:
    """The recipe of a run in one line, from its manifest; nothing where that has none.

    >>> line({"kind": "lstm", "precision": "fp32",
    ...       "recipe": {"settings": "a1" * 32, "data": {"train": "b2" * 32}, "seed": 3, "threads": 2}})
    'recipe #b751faa8e351: lstm, settings #a1a1a1a1, data #..., seed 3, fp32, 2 threads'
    """
    recipe = document.get(KEY)
    if not isinstance(recipe, Mapping):
        return ""
    told = [str(document.get("kind"))]
    hashes = {name: value for name, value in recipe.items() if isinstance(value, str) and len(value) == 64}
    if isinstance(recipe.get("data"), Mapping):
        hashes["data"] = digest(json.dumps(recipe["data"], sort_keys=True))
    told += [f"{name.replace('_', ' ')} #{hashes[name][:8]}" for name in _order(hashes)]
    if recipe.get("seed") is not None:
        told.append(f"seed {recipe['seed']}")
    told += [str(document[name]) for name in ("precision",) if name in document]
    for name in ("epochs", "max_steps", "budget"):
        told += [f"{name.replace('_', ' ')} {document[name]}"] if name in document else []
    if (threads := recipe.get("threads")) is not None:
        told.append(f"{threads} thread{'s' * (threads != 1)}")
    if recipe.get("processes", 1) != 1:
        told.append(f"{recipe['processes']} processes")
    told += [str(recipe[name]) for name in ("device",) if name in recipe]
    told += [f"{name} {recipe[name]}" for name in ("torch", "textkit") if recipe.get(name)]
    return f"recipe {number(document)}: {', '.join(told)}"


def _order(names: Iterable[str]) -> list[str]:
    first = ("settings", "pipeline", "vocab", "source_vocab", "data")
    return sorted(names, key=lambda name: (first.index(name) if name in first else len(first), name))


def signed(document: Mapping[str, Any]) -> str:
    """The signature of a manifest: its pipeline, its vocabulary and, where there is one, its recipe's hash.

    >>> signed({"signature": "words | recipe #old", "recipe": {}, "kind": "lstm"})
    'words | recipe #...'
    """
    plain = str(document.get("signature", "")).partition(" | recipe #")[0]
    return f"{plain} | recipe {mark}" if (mark := number(document)) else plain
