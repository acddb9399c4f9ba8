"""The people of a passage: name, sex, trade and kinship stay with them."""

from __future__ import annotations

from dataclasses import dataclass

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import Words, words


@dataclass(frozen=True)
class Person:
    """Somebody in a passage; `trade` is a section of the language's file of trades."""

    first: str
    last: str
    woman: bool
    trade: str
    kin: str
    words: Words

    @property
    def job(self) -> str:
        return self.words["woman" if self.woman and "woman" in self.words else "person"][0]


def person(dice: Dice, *, language: str, others: list[Person]) -> Person:
    """A person whose names and trade none of the others has."""
    names = words(f"{language}_world.txt")["people"]
    trades = words(f"{language}_trades.txt")
    kinship = words(f"{language}_world.txt")["kin"]
    taken = {name for other in others for name in (other.first, other.last, other.trade)}
    woman = dice.chance(0.5)
    first = dice.zipf([name for name in names["woman" if woman else "man"] if name not in taken])
    last = dice.zipf([name for name in names["surname"] if name not in taken])
    trade = dice.zipf([name for name in trades if name not in taken])
    kinsman = dice.zipf(list(kinship))
    return Person(first, last, woman, trade, kinship[kinsman][0] if woman else kinsman, trades[trade])
