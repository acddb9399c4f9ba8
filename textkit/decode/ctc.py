"""From a distribution over labels and a blank at every step to a shorter labelling.

Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber 2006): a path gives one id
a step; what it spells is the path with repeated ids merged and then blanks left out. The probability of
a labelling is the sum over all paths that spell it. T steps, K ids, the blank among them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from torch import Tensor

from textkit.errors import UsageError


class Labelling(NamedTuple):
    """`ids` without blanks, and their natural log probability."""

    ids: tuple[int, ...]
    log_prob: float


def collapse(path: Iterable[int], *, blank: int = 0) -> list[int]:
    """What a path spells: repeated ids merged, then blanks left out.

    >>> collapse([0, 3, 3, 0, 3, 5, 5, 0])
    [3, 3, 5]
    """
    return [label for label, _ in groupby(path) if label != blank]


def greedy_labelling(log_probs: Tensor, *, blank: int = 0) -> Labelling:
    """What the most probable path of `log_probs` (T, K) spells, with the probability of that path alone.

    >>> import torch
    >>> greedy_labelling(torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()).ids
    ()
    """
    _check(log_probs, blank=blank, width=1)
    best = log_probs.max(dim=1)
    return Labelling(tuple(collapse(best.indices.tolist(), blank=blank)), float(best.values.double().sum()))


class _Ends(NamedTuple):
    """Log probabilities of the paths that spell a prefix: those that end with the blank, with its last id."""

    blank: float = -math.inf
    label: float = -math.inf

    @property
    def both(self) -> float:
        return _log_add(self.blank, self.label)


def beam_labellings(log_probs: Tensor, *, width: int, blank: int = 0, n_best: int = 1) -> list[Labelling]:
    """The most probable labellings that a prefix beam search finds in `log_probs` (T, K), best first.

    After each step the `width` most probable prefixes stay; the paths of one are summed (Hannun et al. 2014,
    arXiv:1408.2873). A beam that never drops a prefix gives exact probabilities and the best labelling;
    otherwise they are lower bounds. Of equals the lower ids come first. Raises UsageError for sizes
    below 1, `n_best` above `width`, or a blank that is no column.

    >>> import torch
    >>> [labelling] = beam_labellings(torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log(), width=3)
    >>> labelling.ids, round(math.exp(labelling.log_prob), 2)  # 1 - 0.36, though the best path is blank
    ((1,), 0.64)
    """
    _check(log_probs, blank=blank, width=width)
    if not 1 <= n_best <= width:
        raise UsageError(f"a beam of {width} gives 1 to {width} labellings, not {n_best}")
    beam: dict[tuple[int, ...], _Ends] = {(): _Ends(blank=0.0)}
    for step in log_probs.double().tolist():
        grown: dict[tuple[int, ...], _Ends] = {}
        for prefix, ends in beam.items():
            _grow(grown, prefix, ends, step=step, blank=blank)
        ranked = sorted(grown.items(), key=lambda item: (-item[1].both, item[0]))
        beam = dict(ranked[:width])
    return [Labelling(prefix, ends.both) for prefix, ends in list(beam.items())[:n_best]]


def _grow(
    grown: dict[tuple[int, ...], _Ends],
    prefix: tuple[int, ...],
    ends: _Ends,
    *,
    step: list[float],
    blank: int,
) -> None:
    """Add to `grown` what the paths of `prefix` become with each id of one more `step`."""
    for label, log_prob in enumerate(step):
        if log_prob == -math.inf:
            continue
        if label == blank:
            _add(grown, prefix, blank=ends.both + log_prob)
        elif prefix and label == prefix[-1]:
            _add(grown, prefix, label=ends.label + log_prob)  # merged with the one before
            _add(grown, (*prefix, label), label=ends.blank + log_prob)  # a blank stood between
        else:
            _add(grown, (*prefix, label), label=ends.both + log_prob)


def _add(
    grown: dict[tuple[int, ...], _Ends],
    prefix: tuple[int, ...],
    *,
    blank: float = -math.inf,
    label: float = -math.inf,
) -> None:
    if blank == label == -math.inf:
        return
    old = grown.get(prefix, _Ends())
    grown[prefix] = _Ends(_log_add(old.blank, blank), _log_add(old.label, label))


def _log_add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    high, low = max(a, b), min(a, b)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def _check(log_probs: Tensor, *, blank: int, width: int) -> None:
    if log_probs.dim() != 2 or not 0 <= blank < log_probs.shape[1]:
        raise UsageError(
            f"log probabilities must be of shape (steps, ids) with the blank {blank} among the ids, "
            f"not {tuple(log_probs.shape)}"
        )
    if width < 1:
        raise UsageError(f"a beam needs a width of at least 1, not {width}")
