"""An option for each setting of a language model, so that names, help and defaults are said once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from textkit.tasks.language_model import LanguageModelConfig
from textkit_cli import options

_OWN = ("tokenizer_options", "prune")  # have options of their own


def _setting_options() -> Iterator[inspect.Parameter]:
    for name, field in LanguageModelConfig.model_fields.items():
        if name in _OWN:
            continue
        kind: Any = field.annotation
        names = None
        if get_origin(kind) is Literal:
            kind, names = str, "|".join(get_args(kind))
        elif get_args(kind):  # X | None
            kind = get_args(kind)[0]
        shown = "" if field.default in (None, "") else f"  [default: {str(field.default).lower()}]"
        option = typer.Option(help=f"{field.description}{shown}", metavar=names, show_default=False)
        annotation = Annotated[kind | None, option]
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


_SETTINGS = tuple(_setting_options())


def with_settings(work: Callable[..., None]) -> Callable[..., None]:
    """`work`, whose last parameter is `settings`, as a command with an option for each of them.

    `settings` are those that were given.
    """
    own = tuple(inspect.signature(work, eval_str=True).parameters.values())[:-1]

    def command(**values: Any) -> None:  # its real parameters are the signature below
        settings = {option.name: values.pop(option.name) for option in _SETTINGS}
        work(**values, settings={name: value for name, value in settings.items() if value is not None})

    command.__doc__ = work.__doc__
    command.__signature__ = inspect.Signature((*own, *_SETTINGS))  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in (*own, *_SETTINGS)}
    return command


def gather_settings(
    given: dict[str, Any], *, config: str | None, tokenizer_option: list[str] | None
) -> LanguageModelConfig:
    """Settings of the file `config`, if any, under those that were `given`, checked."""
    from textkit.tasks import language_model

    settings = given if config is None else language_model.read_config(config) | given
    if tokenizer_option:
        settings = settings | {"tokenizer_options": options.parse_tokenizer_options(tokenizer_option)}
    return language_model.make_config(settings, source=config or "options")
