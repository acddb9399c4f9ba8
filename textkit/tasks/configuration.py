"""Settings of a task: checked, each by its name, and read from TOML."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from textkit.errors import CheckpointError, UsageError, reason_of, unknown_name

Settings = TypeVar("Settings", bound=BaseModel)


def make_settings(kind: type[Settings], settings: dict[str, Any], *, source: str = "settings") -> Settings:
    """`settings` as a `kind`; raises UsageError in one line that names `source` and the setting.

    >>> from textkit.tasks.language_model import LanguageModelConfig
    >>> make_settings(LanguageModelConfig, {"lerning_rate": 0.1}, source="run.toml")
    Traceback (most recent call last):
    textkit.errors.UsageError: run.toml: unknown setting 'lerning_rate': did you mean 'learning_rate'? ...
    """
    try:
        for name in settings:
            if name not in kind.model_fields:
                raise unknown_name("setting", str(name), kind.model_fields)
        return kind.model_validate(settings)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(_place(first["loc"], settings))
        raise UsageError(
            f"{source}: setting '{name[:200]}': {first['msg'].lower()}, not {first['input']!r:.200}"
        ) from error


def _place(location: tuple[int | str, ...], settings: Any) -> Iterator[str]:
    """The parts of a location that lead into the settings; others say which type was tried."""
    for part in location:
        with contextlib.suppress(LookupError, TypeError):
            settings = settings[part]
            yield str(part)


def parse_settings(text: str, *, source: str) -> dict[str, Any]:
    """TOML text as plain settings; raises UsageError naming `source` and the line."""
    try:
        settings = tomllib.loads(text)
        if not _fits(settings):
            raise ValueError("a whole number beyond 64 bits")
        return settings
    except (ValueError, RecursionError) as error:  # also for a number of 5,000 digits, a thousand brackets
        raise UsageError(f"{source}: not valid TOML: {error}") from error


def _fits(value: Any) -> bool:
    """Whether every whole number has 64 bits, as TOML's have; Python's library takes any."""
    if isinstance(value, dict | list):
        return all(map(_fits, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@contextlib.contextmanager
def of_a_run(source: str) -> Iterator[None]:
    """Where settings come from a run, in its file `source`: a fault in them is damage, no wrong request."""
    try:
        yield
    except UsageError as error:
        reason = str(error).removeprefix(f"{source}: ")
        raise CheckpointError(f"{source}: damaged, or of another version of textkit: {reason}") from error


def read_settings(path: Path | str) -> dict[str, Any]:
    """The settings in a TOML file; raises UsageError when it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {reason_of(error)}") from error
    return parse_settings(text, source=str(path))
