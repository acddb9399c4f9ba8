"""Prose in any language: passages in which people, places, numbers and words of the trade come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from textkit_corpora.grammars.dice import Deck, Dice
from textkit_corpora.grammars.lexicon import Words, frames, words
from textkit_corpora.grammars.scene import Language, Scene
from textkit_corpora.grammars.template import expand

_FILES = ("stories", "talks", "essays")
# How often each kind of passage comes: stories of a trade are the commonest.
_KINDS = (
    ("trade", 5), ("lost", 3), ("journey", 4), ("fable", 2), ("childhood", 3), ("letter", 3), ("diary", 2),
    ("talk", 3), ("creature", 3), ("townnote", 2), ("recipe", 1), ("craft", 2), ("contest", 2),
)  # fmt: skip
# Passages about one thing: the letter of its slots, and the lexicon that holds its facts.
_THEMES = {"creature": ("c", "creatures"), "recipe": ("d", "dishes")}


@dataclass(frozen=True)
class Style:
    """A language, the last touches to a sentence, and what joins two sentences."""

    language: Language
    polish: Callable[[str], str]
    joint: str


class Prose:
    """A source of passages, each a list of paragraphs, from the templates in `<language>_stories.txt`..."""

    def __init__(self, style: Style, dice: Dice) -> None:
        self._style = style
        self._dice = dice
        templates: dict[str, tuple[str, ...]] = {}
        for name in _FILES:
            templates.update(frames(f"{style.language.name}_{name}.txt"))
        self._plans: Mapping[str, tuple[str, ...]] = {k: v for k, v in templates.items() if "." not in k}
        self._decks = {title: Deck(lines) for title, lines in templates.items() if "." in title}
        self._kinds = Deck([kind for kind, weight in _KINDS for _ in range(weight)])

    def passages(self) -> Iterator[list[str]]:
        """Passages without end, their kinds taking turns."""
        while True:
            kind = self._kinds.deal(self._dice)
            scene = Scene(self._style.language, self._dice, theme=self._theme(kind))
            paragraphs = [self._paragraph(kind, plan, scene) for plan in self._plans[kind]]
            yield [paragraph for paragraph in paragraphs if paragraph]

    def _theme(self, kind: str) -> Words:
        """The creature or dish that a passage is about, its facts under `c.` or `d.`."""
        if kind not in _THEMES:
            return {}
        letter, file = _THEMES[kind]
        things = words(f"{self._style.language.name}_{file}.txt")
        name = self._dice.zipf(list(things))
        facts = {f"{letter}.{key}": items for key, items in things[name].items()}
        return {letter: (name,), f"{letter}.name": (name,), **facts}

    def _paragraph(self, kind: str, plan: str, scene: Scene) -> str:
        scene.new_paragraph()
        sentences = []
        for beat in plan.split():
            if beat.endswith("?") and self._dice.chance(0.5):
                continue
            name = beat.rstrip("?")
            template = f"{{{name}}}" if name[0] == ">" else self._decks[f"{kind}.{name}"].deal(self._dice)
            sentences.append(self._style.polish(expand(template, scene.fill, dice=self._dice)))
        return self._style.joint.join(sentences)
