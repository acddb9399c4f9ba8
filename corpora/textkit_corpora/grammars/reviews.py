"""Chinese reviews of products and hotels, labelled 1 (content) and 0 (not), made so that counting words is not enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import Words, frames, words
from textkit_corpora.grammars.reviews_noise import disturb
from textkit_corpora.grammars.template import expand

T = TypeVar("T")

# One label in fifty is wrong, as happens when people press the wrong star; the card says so.
LABEL_NOISE = 0.02
LENGTHS = (4, 120)
# How often an aspect is judged by denying its contrary: "not noisy" for quiet.
DENIALS = 0.15
_HOTEL = "酒店"
_GENERAL = "每样东西"
_SPLITS = {"train": (), "dev": (7,), "test": (4,)}
_HELD_OUT = {4, 7}


def allowed(items: tuple[T, ...], split: str) -> tuple[T, ...]:
    """The items that a split may use: of every nine in a list, the fifth is kept for test and the eighth for dev.

    >>> len(allowed(tuple(range(9)), "train")), len(allowed(tuple(range(9)), "test"))
    (7, 8)
    """
    return tuple(item for at, item in enumerate(items) if at % 9 not in _HELD_OUT or at % 9 in _SPLITS[split])


class Reviews:
    """A source of labelled reviews for one split.

    >>> label, text = next(Reviews(Dice("doctest"), split="train").reviews())
    >>> label in (0, 1), 4 <= len(text) <= 120
    (True, True)
    """

    def __init__(self, dice: Dice, *, split: str) -> None:
        self._dice = dice
        self._split = split
        self._phrases = {
            title: {key: allowed(items, split) for key, items in section.items()}
            for title, section in words("reviews_phrases.txt").items()
        }
        self._things = words("reviews_things.txt")
        self._products = [name for name in self._things if name not in (_HOTEL, _GENERAL)]
        self._frames = {title: self._weighted(lines) for title, lines in frames("reviews_frames.txt").items()}

    def _weighted(self, lines: tuple[str, ...]) -> list[str]:
        parted = [line.split(" ", 1) for line in lines]
        return [frame for weight, frame in allowed(tuple(parted), self._split) for _ in range(int(weight))]

    def reviews(self) -> Iterator[tuple[int, str]]:
        """Reviews without end: labels and subjects at random, half of them hotels."""
        while True:
            good = self._dice.chance(0.5)
            text = self._review(good)
            if LENGTHS[0] <= len(text) <= LENGTHS[1]:
                wrong = self._dice.chance(LABEL_NOISE)
                yield int(good != wrong), text

    def _review(self, good: bool) -> str:
        thing = _HOTEL if self._dice.chance(0.5) else self._dice.pick(self._products)
        own = self._frames["positive" if good else "negative"]
        frame = self._dice.pick(own if self._dice.chance(0.3) else self._frames["both"])
        speaker = _Speaker(self._dice, self._phrases, aspects=self._aspects(thing), thing=thing, good=good)
        text = expand(frame, speaker.fill, dice=self._dice)
        return disturb(text, self._dice, words=self._phrases["noise"], good=good)

    def _aspects(self, thing: str) -> Words:
        """What may be said of the thing: its own aspects and, for products, the general ones."""
        own = dict(self._things[thing])
        if thing != _HOTEL:
            general = self._things[_GENERAL]
            names = self._dice.shuffled(sorted({key[:-2] for key in general}))[:3]
            own |= {f"{name} {side}": general[f"{name} {side}"] for name in names for side in "+-"}
        return {key: allowed(items, self._split) for key, items in own.items()}


class _Speaker:
    """Fills one review's frame; no aspect is spoken of twice."""

    def __init__(
        self, dice: Dice, phrases: dict[str, dict[str, tuple[str, ...]]], *, aspects: Words, thing: str, good: bool
    ) -> None:
        self._dice = dice
        self._phrases = phrases
        self._aspects = aspects
        self._thing = thing
        self._good = good
        self._unused = dice.shuffled(sorted({key[:-2] for key in aspects}))

    def fill(self, slot: str) -> str:
        """The text for a slot of the frames; their file says what each means."""
        mood = self._phrases["positive" if self._good else "negative"]
        if slot in ("S", "O", "O2"):
            return self._clause((slot == "S") == self._good)
        if slot == "other":
            return self._unused.pop()
        if slot == "L":
            stories = self._phrases[f"stories of {'hotels' if self._thing == _HOTEL else 'products'}"]
            return self._dice.pick(stories["good" if self._good else "bad"])
        if slot == "T":
            return self._dice.pick(("", "", "这家", "这个") if self._thing == _HOTEL else ("", f"这个{self._thing}"))
        if slot == "F":
            return self._dice.pick(self._phrases["fillers"]["hotel" if self._thing == _HOTEL else "product"])
        if slot == "E":
            return self._dice.pick(self._phrases["expect"]["bad" if self._good else "good"])
        if slot in ("sarcasm", "close", "earnest"):
            return self._dice.pick(self._phrases["sarcasm"]["open" if slot == "sarcasm" else slot])
        return self._dice.pick(mood[{"V": "verdict", "A": "after", "short": "short"}[slot]])

    def _clause(self, good: bool) -> str:
        """An aspect and what is good or bad about it, a quarter of the time by denying the contrary."""
        aspect = self._unused.pop() if self._unused else self._dice.pick(sorted(self._aspects))[:-2]
        said = self._dice.pick(self._aspects[f"{aspect} {'+' if good else '-'}"])
        contrary = [item for item in self._aspects[f"{aspect} {'-' if good else '+'}"] if item[0] == "~"]
        adverbs = self._phrases["adverbs"]
        if contrary and self._dice.chance(DENIALS):
            return aspect + self._dice.pick(adverbs["not"]) + self._dice.pick(contrary)[1:]
        if said[0] != "~":
            return self._dice.pick((aspect, aspect, aspect, f"{aspect}方面，", f"{aspect}这块", "", "", "", "", "")) + said
        mild = adverbs["mild" if good else "slight"]
        return aspect + self._dice.pick(adverbs["strong"] if self._dice.chance(0.8) else mild) + said[1:]
