"""An option for each setting of a task, so that names, help and defaults are said once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic import BaseModel

from textkit.errors import UsageError
from textkit.tasks.configuration import make_settings, read_settings
from textkit_cli import options

Settings = TypeVar("Settings", bound=BaseModel)

_OWN = ("tokenizer_options", "prune")  # have options of their own
_WIDEST = 60  # choices in the place of a value; longer ones are told in the help


def _setting_options(kind: type[BaseModel]) -> Iterator[inspect.Parameter]:
    for name, field in kind.model_fields.items():
        if name in _OWN:
            continue
        value: Any = field.annotation
        names, about = None, field.description
        if get_origin(value) is Literal:
            choices = get_args(value)
            value, names = str, "|".join(choices)
            if len(names) > _WIDEST:
                names, about = "NAME", f"{about} One of: {', '.join(choices)}."
        elif get_args(value):  # X | None
            value = get_args(value)[0]
        shown = "" if field.default in (None, "") else f"  [default: {str(field.default).lower()}]"
        option = typer.Option(help=f"{about}{shown}", metavar=names, show_default=False)
        annotation = Annotated[value | None, option]
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def with_settings(kind: type[BaseModel]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function, its last parameter `settings`, a command with an option for each setting of `kind`.

    `settings` are those that were given.
    """
    own_settings = tuple(_setting_options(kind))

    def made(work: Callable[..., None]) -> Callable[..., None]:
        own = tuple(inspect.signature(work, eval_str=True).parameters.values())[:-1]

        def command(**values: Any) -> None:  # its real parameters are the signature below
            settings = {option.name: values.pop(option.name) for option in own_settings}
            work(**values, settings={name: value for name, value in settings.items() if value is not None})

        command.__doc__ = work.__doc__
        command.__signature__ = inspect.Signature((*own, *own_settings))  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in (*own, *own_settings)}
        return command

    return made


def gather_settings(
    kind: type[Settings], given: dict[str, Any], *, config: str | None, tokenizer_option: list[str] | None
) -> Settings:
    """Settings of the file `config`, if any, under those that were `given`, checked."""
    settings = given if config is None else read_settings(config) | given
    if tokenizer_option:
        settings = settings | {"tokenizer_options": options.parse_tokenizer_options(tokenizer_option)}
    return make_settings(kind, settings, source=config or "options")


def only_resuming(
    given: Mapping[str, Any], settings: Mapping[str, Any], *, of: str, longer: Sequence[str] = ("epochs",)
) -> None:
    """Raise UsageError for what --resume cannot take: any option `given`, any setting but those of `longer`.

    `of` is what a run learns from.
    """
    others = {f"--{name.replace('_', '-')}": value for name, value in settings.items() if name not in longer}
    for name, value in {**given, **others}.items():
        if value is not None and value != []:
            raise UsageError(f"--resume goes on with the run's own {of} and settings; leave out {name}")
