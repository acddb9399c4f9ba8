"""The command line as text: each command, its arguments, its options and what they are when left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from signatures import spelt
from typer.models import ArgumentInfo, ParameterInfo
from typer.utils import get_params_from_function

from textkit_cli.main import COMMANDS


def text() -> str:
    """The whole command line."""
    return "".join(f"{line}\n" for name in sorted(COMMANDS) for line in lines(name))


def lines(name: str) -> Iterator[str]:
    """A command and its parameters; of a group those of each of its commands."""
    command = import_module(f"textkit_cli.commands.{name.replace('-', '_')}").command
    if not isinstance(command, typer.Typer):
        yield from called(name, command)
        return
    for each in command.registered_commands:
        function: Any = each.callback
        yield from called(f"{name} {each.name or function.__name__.replace('_', '-')}", function)


def called(name: str, function: Callable[..., Any]) -> Iterator[str]:
    """One command: arguments in their order, then options by name."""
    yield f"textkit {name}"
    found = [
        (each, each.default) for each in get_params_from_function(function).values() if each.name != "context"
    ]
    for each, info in found:
        if isinstance(info, ArgumentInfo):
            yield f"  {info.metavar or each.name.upper()}: {described(each.annotation, info)}"
    options = (
        (spellings(each, info), described(each.annotation, info), info.metavar)
        for each, info in found
        if isinstance(info, ParameterInfo) and not isinstance(info, ArgumentInfo)
    )
    for names, what, metavar in sorted(options):
        yield f"  {names}{f' {metavar}' if metavar else ''}: {what}"


def spellings(parameter: Any, info: Any) -> str:
    """How an option is written."""
    dashed = f"--{parameter.name.replace('_', '-')}"
    both = f"{dashed}/--no-{dashed[2:]}" if parameter.annotation is bool else dashed
    return ", ".join(info.param_decls or (both,))


def described(annotation: Any, info: Any) -> str:
    """The type, the limits, and the default."""
    limits = (f"{side} {getattr(info, side)}" for side in ("min", "max") if getattr(info, side) is not None)
    words = [spelt(annotation), *limits]
    if info.default is ...:
        words.append("required")
    elif info.default is not None and not callable(info.default):
        shown = str(info.default) if isinstance(info.default, Path) else repr(info.default)
        words.append(f"= {shown}")
    return " ".join(words)
