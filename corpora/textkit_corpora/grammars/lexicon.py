"""Word lists and template lists, kept as plain text beside the code."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources

from textkit.errors import InputError

Words = Mapping[str, tuple[str, ...]]


def _lines(name: str) -> list[tuple[str, str]]:
    """Each useful line of a lexicon with its place (`file:line`); `#` at the start begins a comment."""
    text = resources.files("textkit_corpora.grammars").joinpath("lexicons", name).read_text(encoding="utf-8")
    numbered = enumerate(text.splitlines(), start=1)
    return [
        (f"{name}:{number}", line.strip()) for number, line in numbered if line.strip() and line[0] != "#"
    ]


def _sections(name: str) -> dict[str, list[tuple[str, str]]]:
    sections: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] | None = None
    for place, line in _lines(name):
        if line.startswith("[") and line.endswith("]") and "|" not in line:
            title = line[1:-1]
            if title in sections:
                raise InputError(f"{place}: section [{title}] appears twice; merge the two")
            current = sections[title] = []
        elif current is None:
            raise InputError(f"{place}: text before the first [section]; name its section")
        else:
            current.append((place, line))
    return sections


@functools.cache
def words(name: str) -> Mapping[str, Words]:
    """A file of `[section]`s holding `key: item | item`; a line starting with `|` continues one."""
    return {title: _keyed(lines) for title, lines in _sections(name).items()}


def _keyed(lines: list[tuple[str, str]]) -> Words:
    out: dict[str, tuple[str, ...]] = {}
    key = ""
    for place, line in lines:
        if not line.startswith("|"):
            key, colon, line = line.partition(":")
            if not colon:
                raise InputError(f"{place}: no 'key:' at the start of the line; name the word list")
            key = key.strip()
            if key in out:
                raise InputError(f"{place}: word list '{key}' appears twice in its section; merge the two")
            out[key] = ()
        items = tuple(item.strip() for item in line.split("|") if item.strip())
        out[key] = out[key] + items
    return out


@functools.cache
def frames(name: str) -> Mapping[str, tuple[str, ...]]:
    """A file of `[section]`s holding one template a line."""
    return {title: tuple(line for _, line in lines) for title, lines in _sections(name).items()}
