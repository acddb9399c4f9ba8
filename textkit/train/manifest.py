"""What a run's manifest must be. It may come from anyone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textkit.atomic import json_text
from textkit.errors import unreadable

ROLES = ("best", "last", "anchor")
DIGEST = "digest"  # the manifest's own: labels, thresholds and results stand in no other file


def to_text(document: Mapping[str, Any]) -> str:
    """A manifest as it is written: with a digest of all the rest of it, whatever digest it had.

    >>> checked(json.loads(to_text({"kind": "lstm", "files": {}})))
    ({'kind': 'lstm', 'files': {}}, '')
    """
    plain, _ = checked(json.loads(json.dumps(document)))  # as it will be read
    return json_text(plain | {DIGEST: _digest(plain)})


def checked(document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A manifest that was read, without its digest; and what is wrong with that, or nothing.

    Manifests of earlier versions have none.
    """
    rest = {name: value for name, value in document.items() if name != DIGEST}
    sound = DIGEST not in document or document[DIGEST] == _digest(rest)
    return rest, "" if sound else "it was edited or damaged: its digest differs"


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def faults(document: Any) -> Iterator[str]:
    """What is wrong with a manifest: no name in it may lead out of the run, nothing be of another kind."""
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        yield "needs the keys 'format', 'kind' and 'files'"
        return
    if not isinstance(document.get("kind"), str):
        yield "'kind' must be a name"
    for name, entry in document["files"].items():
        if not re.fullmatch(r"(data/\w+/|model/)?[\w-][\w.-]*", name, re.ASCII):
            yield f"{name!r} is no name of a run's file"
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            yield f"'files' must give the sha256 of {name}"
    for role in ROLES:
        entry = document.get(role, {"weights": None})
        if not isinstance(entry, dict) or "weights" not in entry:
            yield f"'{role}' must name its weights"
        elif any(entry.get(key) not in (None, *document["files"]) for key in ("weights", "state")):
            yield f"'{role}' names a file that is not one of the run's"
        elif role in document and (
            entry["weights"] is None or (role != "best" and entry.get("state") is None)
        ):
            yield f"'{role}' must name its weights, and its state"
        elif role in document and not _is_count(entry.get("step")):
            yield f"'{role}' must have its step"
    yield from _foreign_values(document)


def _foreign_values(document: Mapping[str, Any]) -> Iterator[str]:
    """What is recorded besides files, and is not of its kind."""
    notes = document.get("notes", [])
    if not (isinstance(notes, list) and all(isinstance(note, str) for note in notes)):
        yield "'notes' must be a list of strings"
    for key in ("precision", "budget"):
        if not isinstance(document.get(key, ""), str):
            yield f"'{key}' must be a name"
    for key in ("results", "recipe"):
        if not isinstance(document.get(key, {}), dict):
            yield f"'{key}' must be an object"
    for key in ("epochs", "max_steps"):
        if not _is_count(document.get(key, 1)):
            yield f"'{key}' must be a count"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**63


def sum_of(path: Path) -> str:
    """The sha256 of a file of any size; raises CheckpointError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
