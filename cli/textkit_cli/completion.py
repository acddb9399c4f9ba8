"""What a shell offers for an option's value: names and choices, as the help spells them.

Loaded only when a shell asks. Where nothing is known the shell offers files.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

_CHOICES = re.compile(r"[\w.-]+(\|[\w.-]+)+")  # text|jsonl|csv
_LISTED = re.compile(r"One of: ([\w, .-]+?)\.( |$)")


def _corpora() -> Iterable[str]:
    from textkit_corpora import available

    return available()


def _chapters() -> Iterable[str]:
    from textkit.tasks.chapters import CHAPTERS

    return CHAPTERS


# Said here too, since importing them takes longer than anyone waits for a completion.
CLEAN = ("none", "basic", "web", "zh", "en", "sentiment")
TOKENIZERS = ("characters", "jieba", "nltk", "regex", "sentencepiece", "spacy", "whitespace")

# By command and parameter, or by parameter in any command.
NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "clean": lambda: CLEAN,
    "tokenizer": lambda: TOKENIZERS,
    "target_tokenizer": lambda: TOKENIZERS,
    "corpora show name": _corpora,
    "corpora path name": _corpora,
    "chapter show name": _chapters,
    "chapter run name": _chapters,
}


def offer(command: Any, path: str) -> None:
    """Let the parameters of the command called `path`, and of its sub-commands, offer what they know."""
    for parameter in command.params:
        named = NAMES.get(f"{path} {parameter.name}", NAMES.get(parameter.name))
        said = _said(parameter)
        if named is not None or said:
            parameter.shell_complete = _completing(named or said.copy)
    for name, each in getattr(command, "commands", {}).items():
        offer(each, f"{path} {name}")


def _said(parameter: Any) -> list[str]:
    """The choices in a parameter's metavar or help."""
    metavar = parameter.metavar or ""
    if _CHOICES.fullmatch(metavar):
        return str(metavar).split("|")
    listed = _LISTED.search(" ".join((getattr(parameter, "help", None) or "").split()))
    return re.split(r", (?:or )?", listed[1]) if listed else []


def _completing(names: Callable[[], Iterable[str]]) -> Callable[[Any, str], list[Any]]:
    def complete(_context: Any, begun: str) -> list[Any]:
        fitting: list[str] = []
        with contextlib.suppress(Exception):  # whatever is wrong, a prompt is no place to say it
            fitting = [name for name in names() if name.startswith(begun)]
        return [SimpleNamespace(value=name, type="plain", help=None) for name in fitting]

    return complete
