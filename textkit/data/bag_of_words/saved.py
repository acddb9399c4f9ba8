"""A fitted transformer in a folder; no pickle.

pipeline.json         cleaning and tokenizer, unless texts are lists of tokens
features.safetensors  the arrays of the index
bag_of_words.json     the other settings, and the checksum of the arrays
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from textkit import atomic
from textkit.data.bag_of_words.documents import Preparation
from textkit.errors import CheckpointError, UsageError, newer_advice
from textkit.plain_files import check_regular
from textkit.text.pipeline import Pipeline

FORMAT = 1

_DOCUMENT, _FEATURES = "bag_of_words.json", "features.safetensors"


class Saved(NamedTuple):
    """What a folder holds."""

    pipeline: Preparation
    settings: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]


def write(folder: Path | str, saved: Saved) -> None:
    """Write a new folder.

    Raises TextkitError when it exists already or cannot be written, UsageError for a pipeline that cannot
    be saved.
    """
    from safetensors.numpy import save

    features = save(dict(saved.arrays))
    document: dict[str, Any] = {"format": FORMAT, "sha256": hashlib.sha256(features).hexdigest()}
    document |= {"settings": saved.settings, "digest": _digest(saved.settings)}
    with atomic.writing_folder(folder) as temporary:
        if saved.pipeline is not None:
            if not isinstance(saved.pipeline, Pipeline):
                raise UsageError(f"{saved.pipeline!r} cannot be saved: give a pipeline")
            saved.pipeline.save(temporary)
        atomic.write_bytes(temporary / _FEATURES, features)
        atomic.write_json(temporary / _DOCUMENT, document)


def read(folder: Path | str) -> Saved:
    """What `write` wrote. Raises CheckpointError for a folder missing, damaged or of another version."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    folder = Path(folder)
    for name in (_DOCUMENT, _FEATURES):
        check_regular(folder / name)
    try:
        document = json.loads((folder / _DOCUMENT).read_bytes())
        features = (folder / _FEATURES).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{folder}: no saved bag of words: {error}") from error
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, Mapping) else None
        advice = newer_advice(found, FORMAT)
        raise CheckpointError(
            f"{folder / _DOCUMENT}: not of format {FORMAT}, which this version reads{advice}"
        )
    if document.get("sha256") != hashlib.sha256(features).hexdigest():
        raise CheckpointError(f"{folder / _FEATURES}: its checksum differs; the file is damaged")
    settings = document.get("settings")
    if not isinstance(settings, dict):
        raise CheckpointError(f"{folder / _DOCUMENT}: the settings are missing")
    if document.get("digest", _digest(settings)) != _digest(settings):  # earlier versions wrote none
        raise CheckpointError(f"{folder / _DOCUMENT}: damaged or edited: the digest of the settings differs")
    try:
        arrays = load(features)
    except SafetensorError as error:
        raise CheckpointError(f"{folder / _FEATURES}: not a safetensors file: {error}") from error
    pipeline = Pipeline.load(folder) if (folder / "pipeline.json").exists() else None
    return Saved(pipeline, {name: _value(value) for name, value in settings.items()}, arrays)


def _digest(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _value(value: Any) -> Any:
    """A setting as it was given: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value
