"""What a passage of prose remembers, so that its sentences agree with each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import Words, frames, words
from textkit_corpora.grammars.people import Person, person
from textkit_corpora.grammars.template import expand

# Words that stay the same throughout a passage; every other word is drawn anew at each use.
_KEPT = frozenset((
    "tool", "goods", "stuff", "act", "trouble", "remedy", "place", "object", "hiding", "bird", "animal",
    "landmark", "beast", "gift", "hobby", "wish", "room", "street", "region", "founded", "people", "fair",
    "month", "river", "kind",
))  # fmt: skip
# The hero, a friend, a third person, a child and two more in passing.
_PEOPLE = frozenset("hfgkpq")
_YEAR = ("winter",) * 2 + ("spring",) * 3 + ("summer",) * 3 + ("autumn",) * 3 + ("winter",)
_SEASONS = {
    "spring": ("rain", "fair", "fair"),
    "summer": ("fair", "fair", "rain"),
    "autumn": ("rain", "rain", "fair"),
    "winter": ("cold", "cold", "rain"),
}
_NUMBER = re.compile(r"(\w+)=(\d+)\.\.(\d+)")
_SUM = re.compile(r"(\w+)([-+*])(\w+)")
_DIGITS = "0123456789"


@dataclass(frozen=True)
class Language:
    """What a scene must know of a language; its lexicons are `<name>_world.txt`, `<name>_towns.txt`..."""

    name: str
    number: Callable[[int], str]
    ordinal: Callable[[int], str]
    date: Callable[[int, str], str]
    inflect: Callable[[str, str], str]
    person_forms: Callable[[Person], Mapping[str, str]]


class Scene:
    """Persons, towns, things and numbers of one passage, made when they are first named.

    A theme gives facts that hold for the whole passage, such as what a hedgehog eats (`c.food`).
    """

    def __init__(self, language: Language, dice: Dice, *, theme: Words) -> None:
        self._language = language
        self._dice = dice
        self._theme = theme
        self._people: dict[str, Person] = {}
        self._bound: dict[str, str] = {}
        self._recent: dict[str, list[str]] = {}
        self._numbers = {"years": dice.between(11, 40), "cost": dice.between(3, 9)}
        self._last_named: str | None = None
        sections = words(f"{language.name}_world.txt").values()
        self._world = {key: items for section in sections for key, items in section.items()}
        month = dice.below(12)
        self._season = _YEAR[month]
        days = sorted(dice.shuffled(range(1, 29))[:5])
        self._bound |= {
            f"date{place}": language.date(day, self._world["month"][month])
            for place, day in enumerate(days, start=1)
        }

    def new_paragraph(self) -> None:
        """Forget who was spoken of: the next mention of anybody is by name."""
        self._last_named = None

    def fill(self, slot: str) -> str:
        """The text of a slot: `h.who`, `tool.pl`, `n=3..9`, `n-1`, `town.river`, `x=object` (`x:=object` says
        nothing yet), `>clause`, `*bird`.

        Raises InputError for a slot that means nothing.
        """
        if slot[0] == ">":
            part = self._dice.pick(frames(f"{self._language.name}_scenery.txt")[slot[1:]])
            return expand(part, self.fill, dice=self._dice)
        if (value := self._number(slot)) is not None:
            return (
                self._language.ordinal(value) if slot.startswith("ordinal") else self._language.number(value)
            )
        name, equals, source = slot.partition("=")
        if equals and name[-1] == ":":
            self._bound[name[:-1]] = self._draw(self._world, source, fresh=True)
            return ""
        if equals:
            self._bound[name] = self._word(source)
            return self._formed(self._bound[name], [])
        head, *forms = slot.split(".")
        if forms and f"{head}.{forms[0].rstrip(_DIGITS)}" in self._theme:
            head, forms = f"{head}.{forms[0]}", forms[1:]
        if head in _PEOPLE:
            return self._about(head, forms)
        if head.startswith("town"):
            return self._town(head, forms)
        if head[0] == "*":
            return self._formed(self._draw(self._world, head[1:], fresh=True), forms)
        return self._formed(self._word(head), forms)

    def _number(self, slot: str) -> int | None:
        """The value of `n=low..high`, of a number named before, or of a sum with one."""
        if match := _NUMBER.fullmatch(slot):
            self._numbers[match[1]] = self._dice.between(int(match[2]), int(match[3]))
            return self._numbers[match[1]]
        match = _SUM.fullmatch(slot)
        if match is None or match[1] not in self._numbers:
            return self._numbers.get(slot)
        left = self._numbers[match[1]]
        right = self._numbers[match[3]] if match[3] in self._numbers else int(match[3])
        return left - right if match[2] == "-" else left + right if match[2] == "+" else left * right

    def _about(self, key: str, forms: list[str]) -> str:
        """Somebody's name, pronoun or job, or a word of their trade."""
        if key not in self._people:
            others = list(self._people.values())
            self._people[key] = person(self._dice, language=self._language.name, others=others)
        someone = self._people[key]
        names = self._language.person_forms(someone)
        form = forms[0] if forms else "first"
        # A job or a kinship describes the person without making the next "she" hers.
        if form in ("job", "kin"):
            return self._formed(someone.job if form == "job" else someone.kin, forms[1:])
        if form == "who":
            form = "he" if self._last_named == key and self._dice.chance(0.75) else "first"
        if form not in names:
            return self._formed(self._draw(someone.words, f"{key}.{form}"), forms[1:])
        self._last_named = key
        return names[form]

    def _town(self, key: str, forms: list[str]) -> str:
        """A town, or one of its facts."""
        towns = words(f"{self._language.name}_towns.txt")
        if key not in self._bound:
            self._bound[key] = self._dice.zipf([name for name in towns if name not in self._bound.values()])
        return self._draw(towns[self._bound[key]], f"{key}.{forms[0]}") if forms else self._bound[key]

    def _word(self, key: str) -> str:
        """The word of a category such as `tool` or `tool2`: from the theme, the world or the hero's trade."""
        name = key.rstrip(_DIGITS)
        if key in self._bound:
            return self._bound[key]
        if name in self._theme:
            self._bound[key] = self._draw({name.rpartition(".")[2]: self._theme[name]}, key)
            return self._bound[key]
        if name == "when":
            return self._draw({name: self._world[self._season]}, key)
        if name in ("weather", "sky", "now"):
            kind = self._dice.pick(_SEASONS[self._season])
            return self._draw({name: self._world[kind if name == "weather" else f"{name} {kind}"]}, key)
        if name in self._world:
            return self._draw(self._world, key)
        self._about("h", ["job"])
        return self._draw(self._people["h"].words, key)

    def _draw(self, lists: Words, key: str, *, fresh: bool = False) -> str:
        """An item of the list that `key` names, not one that was used a moment ago."""
        if key in self._bound and not fresh:
            return self._bound[key]
        name = key.rpartition(".")[2].rstrip(_DIGITS)
        if name not in lists:
            raise InputError(
                f"{self._language.name} slot {{{key}}}: no word list '{name}'; add it to a lexicon"
            )
        recent = self._recent.setdefault(name, [])
        item = self._dice.zipf([item for item in lists[name] if item not in recent] or lists[name])
        recent.append(item)
        if name in _KEPT and not fresh:
            self._bound[key] = item
        else:
            del recent[: -max(1, len(lists[name]) // 2)]
        return item

    def _formed(self, text: str, forms: list[str]) -> str:
        for form in forms or ["base"]:
            text = self._language.inflect(text, form)
        return text
