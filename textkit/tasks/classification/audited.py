"""What an audit looks at and what it finds."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from textkit.tasks.classification.excerpts import excerpt

SHOWN = 60  # characters of an example
LABEL = 40  # characters of a label
FEW = 20  # texts of a label: of fewer little can be said
MOST = 100  # labels looked at one by one


@dataclass(frozen=True)
class Finding:
    """Something that matters for a reported number.

    kind, file: what it is and where, in a few words; count: of how many texts it is true.
    message:    what was found; effect: what it does to a number, and what to do.
    examples:   places with the start of their texts.
    false:      whether a number reported all the same would be false.
    """

    kind: str
    file: str
    count: int
    message: str
    effect: str
    examples: tuple[str, ...] = ()
    false: bool = False


@dataclass(frozen=True, eq=False)
class AuditedTexts:
    """The texts of one file, each with its place; their labels, if it has any.

    `faults` say what is wrong with records that cannot be read; `encoding` is what the file seems to be in
    where it is not UTF-8, and then it has no texts.
    """

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] | None
    places: tuple[str, ...]
    faults: tuple[str, ...] = ()
    encoding: str | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What is left of each text without punctuation, blanks, case and width."""
        return tuple(map(key, self.texts))

    def label_counts(self) -> Counter[str]:
        """How many texts each label has."""
        return Counter(self.labels)

    def frequent_labels(self, *, least: int = 1) -> list[str]:
        """The labels that at least so many texts have, in order; of very many the most frequent ones."""
        return sorted(label for label, count in self.label_counts().most_common(MOST) if count >= least)

    def example(self, index: int) -> str:
        """A text with its place, and its label."""
        label = "" if self.labels is None else f" [{shown(self.labels[index])}]"
        return f"{self.places[index]}:{label} {excerpt(self.texts[index], SHOWN)}"


def shown(label: str) -> str:
    """A label as reports have it."""
    return excerpt(label, LABEL)


class _Letters(dict[int, int | None]):
    """A table for str.translate that keeps letters and digits alone."""

    def __missing__(self, code: int) -> int | None:
        kept = unicodedata.category(chr(code))[0] in "LNMS"  # symbols too: an emoji is a judgement
        self[code] = code if kept else None
        return self[code]


_LETTERS = _Letters()


def key(text: str) -> str:
    """What is left of a text without punctuation, blanks, case and width.

    >>> key("Ｇｏｏｄ,  很好！") == key("good很好")
    True
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
