"""Sentence pairs from a synchronous grammar: frames in three languages, filled with the same words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Deck, Dice
from textkit_corpora.grammars.lexicon import frames
from textkit_corpora.grammars.pairs_binding import Binding
from textkit_corpora.grammars.pairs_chinese import Chinese
from textkit_corpora.grammars.pairs_english import English
from textkit_corpora.grammars.pairs_french import French

_FILE = "pairs_frames.txt"
# Tenses in which a plain clause may be asked or told by somebody else.
_ASKED = ("pres", "past", "prog", "fut", "going", "want", "can", "state")
_SPLITS = {"train": 2500, "valid": 250, "test": 250}
_SLOT = re.compile(r"{([^}]+)}")


@dataclass(frozen=True)
class Frame:
    """A sentence in three languages ("" where it has none) and the tenses it makes sense in."""

    kind: str
    tenses: tuple[str, ...]
    english: str
    french: str
    chinese: str


def _frames() -> list[Frame]:
    out = []
    for kind, lines in frames(_FILE).items():
        for line in lines:
            parts = [part.strip() for part in line.split("||")]
            if len(parts) != 4:
                raise InputError(
                    f"{_FILE}: '{line}' has {len(parts)} parts; write tenses || English || French || Chinese"
                )
            tenses, *sides = parts
            english, french, chinese = ("" if side == "-" else side for side in sides)
            out.append(Frame(kind, tuple(tenses.split()) or ("pres",), english, french, chinese))
    return out


def _filled(template: str, fill: Callable[[str, Binding], str], binding: Binding) -> str:
    return _SLOT.sub(lambda found: fill(found[1], binding), template)


class PairGrammar:
    """Draws pairs for one target language, "fr" or "zh"; a clause may become a question or a report."""

    def __init__(self, target: str, dice: Dice) -> None:
        self._dice = dice
        self._target = target
        self._english, self._french, self._chinese = English(), French(), Chinese()
        usable = [frame for frame in _frames() if self._side(frame)]
        self._frames = Deck([frame for frame in usable if frame.kind != "head"])
        self._heads = Deck([frame for frame in usable if frame.kind == "head"])

    def _side(self, frame: Frame) -> str:
        return frame.french if self._target == "fr" else frame.chinese

    def pair(self) -> tuple[str, str]:
        """One English sentence and its translation."""
        frame = self._frames.deal(self._dice)
        tense = self._dice.pick(frame.tenses)
        binding = Binding(self._dice, tense, asked="{?s" in frame.english)
        if frame.kind != "clause":
            source, target = self._sides(frame, binding)
        elif tense in _ASKED and self._dice.chance(0.25):
            source, target = self._question(frame, binding)
        elif self._dice.chance(0.2):
            source, target = self._report(frame, binding)
        else:
            source, target = (text + "." for text in self._sides(frame, binding))
        return self._polished(source, target)

    def _sides(self, frame: Frame, binding: Binding) -> tuple[str, str]:
        source = _filled(frame.english, self._english.fill, binding)
        fill = self._french.fill if self._target == "fr" else self._chinese.fill
        return source, _filled(self._side(frame), fill, binding)

    def _question(self, frame: Frame, binding: Binding) -> tuple[str, str]:
        binding.asked = True
        turned = Frame(frame.kind, frame.tenses, _turned(frame.english), _turned(frame.french), frame.chinese)
        source, target = self._sides(turned, binding)
        return source + "?", target + ("?" if self._target == "fr" else "吗?")

    def _report(self, frame: Frame, binding: Binding) -> tuple[str, str]:
        outer = Binding(self._dice, "pres")
        head = self._heads.deal(self._dice)
        lead = self._sides(head, outer)
        binding.taken |= outer.taken
        source, target = self._sides(frame, binding)
        return f"{lead[0]} {source}.", f"{lead[1]} {target}."

    def _polished(self, source: str, target: str) -> tuple[str, str]:
        source = self._english.polish(source, short=self._dice.chance(0.5))
        if self._target == "fr":
            return source, self._french.polish(target)
        return source, self._chinese.polish(target).translate(str.maketrans(".?!,", "。？！，"))

    def splits(self) -> dict[str, list[str]]:
        """Lines `English<tab>target`; no English and no target sentence comes twice."""
        seen: set[str] = set()
        lines: list[str] = []
        while len(lines) < sum(_SPLITS.values()):
            source, target = self.pair()
            if source in seen or target in seen:
                continue
            seen |= {source, target}
            lines.append(f"{source}\t{target}")
        out: dict[str, list[str]] = {}
        for name, size in _SPLITS.items():
            out[name], lines = lines[:size], lines[size:]
        return out


def _turned(clause: str) -> str:
    return re.sub(r"^{(s|p)", r"{?\1", clause)
