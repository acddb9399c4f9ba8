"""Who writes a review: fills templates with clauses, facts and verdicts that take its side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import Words, frames, words
from textkit_corpora.grammars.template import expand

_FRAMES = "reviews_frames.txt"
# Of every five lines or words, the last is kept for dev and test: there, something is always new.
_HELD_OUT_EVERY = 5
_OTHER_SIDE = {"+": "-", "-": "+"}


@dataclass(frozen=True)
class Subject:
    """What is reviewed: its `trade` (product or hotel), what it may be called, the words for its parts."""

    trade: str
    names: Sequence[str]
    parts: Words


def subjects(trade: str) -> list[Subject]:
    """All the kinds of product, or the one kind of hotel; parts in the section `any` belong to each kind.

    >>> len(subjects("product")), [subject.trade for subject in subjects("hotel")]
    (9, ['hotel'])
    """
    sections: Mapping[str, Words] = words(f"reviews_{trade}s.txt")
    shared = sections.get("any", {})
    return [
        Subject(trade, kind["names"], {key: kind[key] for key in kind if key != "names"} | dict(shared))
        for title, kind in sections.items()
        if title != "any"
    ]


class Reviewer:
    """One reviewer, on the side `+` or `-`. With `held_out`, the words kept from train are used too."""

    def __init__(self, dice: Dice, subject: Subject, *, side: str, held_out: bool) -> None:
        self._dice = dice
        self._subject = subject
        self._side = side
        self._held_out = held_out
        self._unused = dice.shuffled(sorted({key.rstrip("+-") for key in subject.parts}))
        self._bound: dict[str, str] = {}
        self._facts: set[str] = set()
        self._item = self._pick(subject.names)

    def write(self, shape: str) -> str:
        """A review in a shape, a section of the templates such as `contrast`."""
        return self._expand(self._line(shape))

    def _allowed(self, items: Sequence[str]) -> Sequence[str]:
        """The items of a list that this reviewer may use: outside train all of them."""
        if self._held_out or len(items) < _HELD_OUT_EVERY:
            return items
        return [item for at, item in enumerate(items, start=1) if at % _HELD_OUT_EVERY]

    def _pick(self, items: Sequence[str]) -> str:
        return self._dice.pick(self._allowed(items))

    def _line(self, section: str) -> str:
        """A line of a section, of its lines for this trade, and (for shapes) of its lines for this side."""
        sections = frames(_FRAMES)
        names = [section, f"{section}.{self._subject.trade}"]
        if section not in sections or f"{section}{self._side}" in sections:
            names.append(f"{section}{self._side}")
        lines = [line for name in names for line in self._allowed(sections.get(name, ()))]
        if not lines:
            raise InputError(
                f"{_FRAMES}: no section [{section}]; add it or change the template that names it"
            )
        return self._dice.pick(lines)

    def _expand(self, template: str) -> str:
        return expand(template, self._fill, dice=self._dice)

    def _fill(self, slot: str) -> str:
        slot = slot.replace("=", self._side).replace("!", _OTHER_SIDE[self._side])
        head, sign = slot.rstrip("+-"), slot[-1]
        if slot in ("+", "-"):
            return self._clause(sign)
        if slot == "it":
            return self._item
        if slot == "open":
            return self._expand(self._line("opening"))
        if slot == "n":
            return self._dice.pick("两三四五六八")
        if slot in ("f+", "f-"):
            return self._fact(self._part(), sign)
        if slot in ("v+", "v-"):
            return self._expand(self._line(f"verdict{sign}"))
        if head in ("a", "b"):
            return self._bind(head) if slot == head else self._quality(self._bind(head), sign)
        if head in ("af", "bf"):
            return self._fact(self._bind(head[0]), sign)
        if slot not in self._bound:
            self._bound[slot] = self._expand(self._line(slot))
        return self._bound[slot]

    def _part(self) -> str:
        """A part that has not been spoken of."""
        if not self._unused:
            self._unused = self._dice.shuffled(sorted({key.rstrip("+-") for key in self._subject.parts}))
        return self._unused.pop()

    def _bind(self, letter: str) -> str:
        if letter not in self._bound:
            self._bound[letter] = self._part()
        return self._bound[letter]

    def _quality(self, part: str, sign: str) -> str:
        """An adjective for a part; the same one wherever a sentence asks for it again."""
        key = f"{part} {sign}"
        if key not in self._bound:
            self._bound[key] = self._pick(self._subject.parts[part + sign])
        return self._bound[key]

    def _fact(self, part: str, sign: str) -> str:
        facts = self._allowed(self._subject.parts[part + sign * 2])
        fact = self._dice.pick([fact for fact in facts if fact not in self._facts] or facts)
        self._facts.add(fact)
        return fact

    def _clause(self, sign: str) -> str:
        """A clause for or against a part not spoken of, whatever the review's own side."""
        clause = Reviewer(self._dice, self._subject, side=sign, held_out=self._held_out)
        clause._bound["a"] = self._part()
        clause._facts, clause._unused = self._facts, self._unused
        return clause.write("clause")
