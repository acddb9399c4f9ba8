"""What the slots of one sentence stand for: the same draw serves both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import words

_LEXICON = "pairs_words.txt"
# The adverb of time that fits a tense; a tense that is not here takes none.
_TIMES = {
    "past": "past", "npast": "past", "state": "past", "nstate": "past", "fut": "future", "nfut": "future",
    "going": "future", "want": "future", "must": "future", "pres": "habit", "prog": "now",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A word of the lexicon: `section`, English, French and Chinese, the last two with their grammar."""

    section: str
    english: str
    french: str
    chinese: str

    @property
    def person(self) -> int:
        """0 to 5 for I, you, he, we, you (many), they; only for people."""
        return int(self.french[0]) - 1 + (3 if self.french[2] == "p" else 0)

    @property
    def feminine(self) -> bool:
        """Of people: a woman or girl."""
        return self.french[1] == "f"


def entry(section: str, english: str) -> Entry:
    """The entry of an English word.

    >>> entry("snack", "apple").chinese
    '个 苹果'
    """
    french, *chinese = words(_LEXICON)[section][english]
    return Entry(section, english, french, chinese[0] if chinese else "")


@dataclass
class Binding:
    """Draws each slot once and remembers it; `tense` and `asked` hold for the whole sentence.

    `taken` names people who may not come again, so that nobody meets himself.
    """

    dice: Dice
    tense: str
    asked: bool = False
    taken: set[str] = field(default_factory=set)
    _drawn: dict[str, Entry] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def get(self, name: str) -> Entry:
        """The entry of a slot such as `dish`, `dish2`, `s` (anybody), `p` (no pronoun), `pn` (grown-up)."""
        if name not in self._drawn:
            self._drawn[name] = self._draw(name.rstrip("0123456789"))
        return self._drawn[name]

    def number(self, name: str, *, low: int, high: int) -> int:
        """The number of a slot such as `n`."""
        if name not in self._numbers:
            self._numbers[name] = self.dice.between(low, high)
        return self._numbers[name]

    def _draw(self, name: str) -> Entry:
        if name == "when":
            if self.tense not in _TIMES:
                return Entry("none", "", "", "")
            name = _TIMES[self.tense]
        if name in ("s", "p", "pn"):
            return self._somebody(name)
        if name not in words(_LEXICON):
            raise InputError(
                f"{_LEXICON}: no section [{name}] for slot '{name}'; add it or correct the frame"
            )
        used = {drawn.english for drawn in self._drawn.values()}
        return entry(name, self.dice.pick([word for word in words(_LEXICON)[name] if word not in used]))

    def _somebody(self, name: str) -> Entry:
        section = "pro" if name == "s" and self.dice.chance(0.45) else "people"
        names = [word for word in words(_LEXICON)[section] if word not in self.taken]
        if self.asked and name == "s":
            names = [word for word in names if word not in ("I", "we")]
        if name == "pn":
            names = [word for word in names if word not in ("the children", "the little girl")]
        if self.taken & {"he", "she", "they"}:
            names = [word for word in names if not re.match("(her|his) ", word)]
        drawn = entry(section, self.dice.pick(names))
        self.taken.add(drawn.english)
        if section == "people":
            self.taken |= {"he", "she", "they"}
        return drawn
