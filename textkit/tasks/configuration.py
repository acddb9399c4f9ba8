"""Settings of a task: checked, each by its name, and read from TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from textkit.errors import UsageError, unknown_name

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
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{source}: setting '{name}': {first['msg'].lower()}, not {first['input']!r}"
        ) from error


def parse_settings(text: str, *, source: str) -> dict[str, Any]:
    """TOML text as plain settings; raises UsageError naming `source` and the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not valid TOML: {error}") from error


def read_settings(path: Path | str) -> dict[str, Any]:
    """The settings in a TOML file; raises UsageError when it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: cannot be read: {reason.lower()}") from error
    return parse_settings(text, source=str(path))
