"""Sentence templates: `[this|that]` is a choice (it may nest), `{slot}` is filled by whoever expands it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice


@dataclass(frozen=True)
class Slot:
    """A name to be filled."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several sequences."""

    options: tuple[Sequence, ...]


Sequence = tuple["str | Slot | Choice", ...]


@functools.cache
def parse(template: str) -> Sequence:
    """The parts of a template, in order.

    Raises InputError for brackets that do not match.

    >>> parse("a [red|] {thing}")
    ('a ', Choice(options=(('red',), ())), ' ', Slot(name='thing'))
    """
    parts, end = _sequence(template, 0, inside=False)
    if end != len(template):
        raise InputError(f"template '{template}': ']' without '[' at character {end}; remove it")
    return parts


def _sequence(template: str, start: int, *, inside: bool) -> tuple[Sequence, int]:
    parts: list[str | Slot | Choice] = []
    text = ""
    at = start
    while at < len(template):
        char = template[at]
        if char == "]" or (inside and char == "|"):
            break
        if char not in "[{":
            text += char
            at += 1
            continue
        if text:
            parts.append(text)
            text = ""
        if char == "{":
            close = template.find("}", at)
            if close < 0:
                raise InputError(f"template '{template}': '{{' without '}}' at character {at}; close it")
            parts.append(Slot(template[at + 1 : close]))
            at = close + 1
        else:
            choice, at = _choice(template, at)
            parts.append(choice)
    if text:
        parts.append(text)
    return tuple(parts), at


def _choice(template: str, start: int) -> tuple[Choice, int]:
    options: list[Sequence] = []
    at = start
    while True:
        option, at = _sequence(template, at + 1, inside=True)
        options.append(option)
        if at >= len(template):
            raise InputError(f"template '{template}': '[' without ']' at character {start}; close it")
        if template[at] == "]":
            return Choice(tuple(options)), at + 1


def expand(template: str, fill: Callable[[str], str], *, dice: Dice) -> str:
    """The template with every choice made and every slot filled, from left to right.

    >>> expand("[a|a] {b}", str.upper, dice=Dice("doctest"))
    'a B'
    """
    return _expand(parse(template), fill, dice)


def _expand(parts: Sequence, fill: Callable[[str], str], dice: Dice) -> str:
    out: list[str] = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Slot):
            out.append(fill(part.name))
        else:
            out.append(_expand(dice.pick(part.options), fill, dice))
    return "".join(out)
