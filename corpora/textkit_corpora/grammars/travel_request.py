"""A travel request: a template filled with cities and times, each word of it tagged."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import frames, words
from textkit_corpora.grammars.template import expand

FRAMES = "travel_frames.txt"
# Each slot of a template: its tag, and the word list or kind of thing that fills it.
SLOTS: Mapping[str, tuple[str, str]] = {
    "from": ("origin", "city"),
    "to": ("destination", "city"),
    "via": ("stop", "city"),
    "leave": ("departure_time", "time"),
    "arrive": ("arrival_time", "time"),
    "back": ("return_time", "time"),
    "airline": ("airline", "airline"),
    "class": ("class", "class"),
    "people": ("passengers", "passengers"),
    "price": ("price", "price"),
    "city": ("O", "city"),
    "city2": ("O", "city"),
    "when": ("O", "time"),
    "carrier": ("O", "airline"),
}
# Stands between a word and its tag while a template is expanded; no word holds it.
_MARK = "\x01"
_UNSEEN_CHANCE = 0.3
# English says on Monday, at noon and just tomorrow; templates only know that a time follows.
_NO_PREPOSITION = re.compile(r"\b(on|at) (?=tomorrow|tonight|today|next|this)")
_ON = re.compile(r"\bat (?=the\b|[A-Z])")
_AT = re.compile(r"\bon (?=\d|noon|midnight|half)")


class Request:
    """One request in a language. With `held_out`, the cities and airlines kept from train are used too."""

    def __init__(self, dice: Dice, language: str, *, held_out: bool) -> None:
        self._dice = dice
        self._language = language
        self._held_out = held_out
        self._used: set[str] = set()

    def tagged(self, template: str) -> list[tuple[str, str]]:
        """The template's tokens with their tags (BIO).

        Raises InputError for a slot that means nothing.

        >>> Request(Dice("doctest"), "en", held_out=False).tagged("to {to} please")
        [('to', 'O'), ('Salt', 'B-destination'), ('Lake', 'I-destination'), ('City', 'I-destination'),
         ('please', 'O')]
        """
        text = _NO_PREPOSITION.sub("", expand(template, self._fill, dice=self._dice))
        pairs = [piece.partition(_MARK) for piece in _AT.sub("at ", _ON.sub("on ", text)).split()]
        return [(word, tag or "O") for word, _, tag in pairs]

    def _fill(self, slot: str) -> str:
        if slot not in SLOTS:
            raise InputError(
                f"{FRAMES}: slot {{{slot}}} is not one of {', '.join(SLOTS)}; correct the template"
            )
        tag, kind = SLOTS[slot]
        value = self._time() if kind == "time" else self._word(kind)
        if tag == "O":
            return value
        return " ".join(f"{token}{_MARK}{'I' if at else 'B'}-{tag}" for at, token in enumerate(value.split()))

    def _time(self) -> str:
        template = self._dice.pick(frames(FRAMES)[f"time.{self._language}"])
        return expand(template, self._word, dice=self._dice)

    def _word(self, name: str) -> str:
        """A word of a list that this request has not used: nobody travels from a town to itself."""
        lists = words("travel_words.txt")[self._language]
        unseen = lists.get(f"{name} unseen", ())
        items = unseen if self._held_out and unseen and self._dice.chance(_UNSEEN_CHANCE) else lists[name]
        word = self._dice.pick([item for item in items if item not in self._used] or items)
        self._used.add(word)
        return word
