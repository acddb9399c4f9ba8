"""What the hidden units of a network look for: the phrases that each answers to most.

N phrases, T steps, H hidden units, K classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.text_network import TextNetwork

AT_ONCE = 1024
CANDIDATES = 50  # phrases looked at for each that is shown


@runtime_checkable
class Featured(Protocol):
    """A `TextNetwork` whose last layer is `output`, linear, on hidden units `features` (B, H).

    The layer is no member: from Python 3.12 on `isinstance` does not see what a module keeps for itself.
    """

    def get_parameter(self, target: str, /) -> Tensor:
        """A parameter by its name, as modules have it."""
        ...

    def features(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """The hidden units (B, H) of vectors (B, T, E)."""
        ...


@dataclass(frozen=True)
class HiddenUnit:
    """A unit by its `number`, what it weighs for each class, and its `phrases` with its value on each."""

    number: int
    weights: tuple[float, ...]
    phrases: tuple[tuple[str, float], ...]


def phrases_of(texts: Iterable[Sequence[str]], *, longest: int, most: int) -> list[tuple[str, ...]]:
    """The phrases of 1 to `longest` words in tokenized `texts`, each once: the `most` frequent.

    >>> phrases_of([["a", "b"], ["a"]], longest=2, most=2)
    [('a',), ('b',)]
    """
    counts: dict[tuple[str, ...], int] = {}
    for text in texts:
        for length in range(1, longest + 1):
            for first in range(len(text) - length + 1):
                phrase = tuple(text[first : first + length])
                counts[phrase] = counts.get(phrase, 0) + 1
    return sorted(counts, key=lambda phrase: -counts[phrase])[:most]


def hidden_units(
    network: TextNetwork,
    ids: Tensor,
    lengths: Tensor,
    *,
    phrases: Sequence[str],
    units: int = 10,
    top: int = 8,
) -> list[HiddenUnit]:
    """The `units` units that weigh most, each with the `top` of the `phrases` on which it is highest.

    Phrase n is `ids[n]` (T,) of which `lengths[n]` are real. What a unit weighs is how far its weights for
    the classes lie apart, times the spread of its values. A unit that is 0 on every phrase has none.
    Raises UsageError for a network without hidden units.
    """
    if not isinstance(network, Featured):
        raise UsageError("this network has no hidden units; textcnn, bigru, lstm and book have")
    values = []
    with torch.no_grad():
        for block, sizes in zip(torch.split(ids, AT_ONCE), torch.split(lengths, AT_ONCE), strict=True):
            values.append(network.features(network.embed(block), sizes).float().cpu())
        weights = network.get_parameter("output.weight").detach().float().cpu()  # (K, H)
    found = torch.cat(values)  # (N, H)
    worth = (weights.amax(0) - weights.amin(0)) * found.std(0, correction=0)
    chosen = worth.argsort(descending=True, stable=True)[:units]
    result = []
    for unit in chosen.tolist():
        shown = _highest(found[:, unit], phrases, top)
        result.append(HiddenUnit(unit, tuple(weights[:, unit].tolist()), shown))
    return result


def _highest(values: Tensor, phrases: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    """The phrases of the highest `values` (N,), none that holds a higher one: of equals the shorter."""
    order = values.topk(min(len(values), CANDIDATES * top)).indices.tolist()
    order.sort(key=lambda n: (-round(float(values[n]), 4), len(phrases[n])))
    shown: list[tuple[str, float]] = []
    for n in order:
        if values[n] != 0 and not any(f" {phrase} " in f" {phrases[n]} " for phrase, _ in shown):
            shown.append((phrases[n], float(values[n])))
    return tuple(shown[:top])
