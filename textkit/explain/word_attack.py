"""Attacks that change the words of a text: a classifier need only give scores.

Words are tried in the order of what their loss costs the true class; each is left out, or replaced by
the best of its substitutes, where that lowers the margin, until the answer is wrong or the budget spent
(Ren et al. 2019, ACL, and Jin et al. 2020, arXiv:1907.11932, go about it so). All texts go forward together.

B texts, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.explain.leave_one_out import Floats, leave_one_out, scored

Integers = npt.NDArray[np.int64]
Substitutes = Callable[[str], Sequence[str]]


class Parts(NamedTuple):
    """A text cut into `parts`, which joined are the text; those at `words` may be changed."""

    parts: tuple[str, ...]
    words: tuple[int, ...]

    @staticmethod
    def of(text: str, spans: Sequence[tuple[int, int]]) -> Parts:
        """`text` cut at the words' `spans`; of words that overlap the later ones are left out.

        >>> Parts.of("ab, cd", [(0, 2), (4, 6)])
        Parts(parts=('ab', ', ', 'cd'), words=(0, 2))
        """
        parts: list[str] = []
        words: list[int] = []
        done = 0
        for start, end in spans:
            if start < done or end <= start:
                continue
            if start > done:
                parts.append(text[done:start])
            words.append(len(parts))
            parts.append(text[start:end])
            done = end
        if done < len(text):
            parts.append(text[done:])
        return Parts(tuple(parts), tuple(words))


class Change(NamedTuple):
    """The word `old`, part `place` of a text, became `new`: nothing where it was left out."""

    place: int
    old: str
    new: str


@dataclass
class WordAttack:
    """What an attack made of a text: `parts` now, the `changes` in order, and the true class's margin.

    The margin is its score less the best other's; the attack has succeeded where it is not above 0. `before`
    is the margin of the text as it was.
    """

    parts: list[str]
    before: float
    margin: float
    allowed: int
    changes: list[Change] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text as it is now."""
        return "".join(self.parts)

    @property
    def succeeded(self) -> bool:
        """Whether a right answer became a wrong one."""
        return self.before > 0 >= self.margin

    @property
    def going(self) -> bool:
        """Whether the answer is right still, and there is budget left."""
        return self.margin > 0 and len(self.changes) < self.allowed


def margins(scores: Floats, labels: Integers) -> Floats:
    """How far the score of each row's label in `scores` (B, K) is above the best other: (B,)."""
    rows = np.arange(len(labels))
    others = scores.copy()
    others[rows, labels] = -np.inf
    own: Floats = scores[rows, labels] - others.max(1)
    return own


def attack_words(
    scores: Callable[[list[str]], Floats],
    texts: Sequence[Parts],
    labels: Integers,
    *,
    budget: float,
    substitutes: Substitutes | None = None,
) -> list[WordAttack]:
    """Leave out words of `texts`, or replace them by `substitutes`, so that `labels` (B,) lose.

    At most the share `budget` of a text's words is changed, rounded down; a text that is answered wrongly
    already is left alone. Raises UsageError for a share outside of [0, 1].
    """
    if not 0 <= budget <= 1:
        raise UsageError(f"the budget is a share of a text's words, between 0 and 1, not {budget}")
    if not texts:
        return []
    first = margins(scored(scores, ("".join(text.parts) for text in texts)), labels)
    states = [
        WordAttack(list(text.parts), margin, margin, int(budget * len(text.words) + 1e-9))
        for text, margin in zip(texts, first.tolist(), strict=True)
    ]
    going = [number for number, state in enumerate(states) if state.going]
    orders = _orders(scores, [texts[number] for number in going], labels[going])
    for turn in range(max(map(len, orders), default=0)):
        trials = [
            _Trial(number, order[turn], new)
            for number, order in zip(going, orders, strict=True)
            if states[number].going and turn < len(order)
            for new in _options(states[number].parts[order[turn]], substitutes)
        ]
        if trials:
            found = scored(scores, (trial.text(states[trial.number].parts) for trial in trials))
            numbers = np.array([trial.number for trial in trials])
            _keep_best(states, trials, margins(found, labels[numbers]).tolist())
    return states


class _Trial(NamedTuple):
    """Text `number` with `new` in `place`."""

    number: int
    place: int
    new: str

    def text(self, parts: Sequence[str]) -> str:
        return "".join([*parts[: self.place], self.new, *parts[self.place + 1 :]])


def _orders(
    scores: Callable[[list[str]], Floats], texts: Sequence[Parts], labels: Integers
) -> list[list[int]]:
    """For each text the places of its words, those first whose loss leaves the label the lowest margin."""

    def joined(lists: list[list[str]]) -> Floats:
        return scores(["".join(parts) for parts in lists])

    whole = scored(scores, ("".join(text.parts) for text in texts))
    drops = leave_one_out(joined, [text.parts for text in texts], places=[text.words for text in texts])
    orders = []
    for text, row, drop, label in zip(texts, whole, drops, labels.tolist(), strict=True):
        left = margins(row - drop, np.full(len(drop), label))
        orders.append([text.words[place] for place in np.argsort(left, kind="stable").tolist()])
    return orders


def _options(word: str, substitutes: Substitutes | None) -> Sequence[str]:
    return ("",) if substitutes is None else substitutes(word)


def _keep_best(states: list[WordAttack], trials: Sequence[_Trial], found: Sequence[float]) -> None:
    """Make, in each text that was tried, the change of the lowest margin, if it is lower than before."""
    best: dict[int, tuple[float, _Trial]] = {}
    for trial, margin in zip(trials, found, strict=True):
        if trial.number not in best or margin < best[trial.number][0]:
            best[trial.number] = margin, trial
    for number, (margin, trial) in best.items():
        state = states[number]
        if margin < state.margin:
            state.changes.append(Change(trial.place, state.parts[trial.place], trial.new))
            state.parts[trial.place], state.margin = trial.new, margin
