"""Fitting two heads, and calibrating them on texts held out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.counts import Counts
from textkit.data.splits import k_fold
from textkit.errors import InputError, UsageError
from textkit.models.calibration import Calibration
from textkit.models.sparse_linear.two_heads import Fit, TwoHeads, fit_two_heads
from textkit.tasks.classification.classifier import Floats, Integers, LabelledTexts

_FOLDS = 5
_ENOUGH = 2000  # texts held out; more folds would not calibrate better
_LARGE = 20_000  # texts, of which smaller folds are enough
_SAMPLE = 200  # texts that typical norms are measured on


def text_weights(train: LabelledTexts, weights: Floats | None, *, balanced: bool) -> Floats:
    """What each text counts, (B,): `weights`, and with `balanced` as much for each class, on average 1.

    Raises UsageError for weights that are negative or not finite, InputError when fewer than two classes
    count.
    """
    counted = np.ones(len(train)) if weights is None else np.asarray(weights, np.float64)
    if counted.shape != (len(train),) or not np.isfinite(counted).all() or (counted < 0).any():
        raise UsageError(f"weights must be {len(train)} finite numbers, none negative, one for each text")
    sums = np.bincount(train.classes, counted, minlength=len(train.labels))
    found = np.flatnonzero(sums)
    if len(found) < 2:
        only = f" ('{train.labels[found[0]]}')" if len(found) else ""
        raise InputError(f"there are texts of {len(found)} label{only}; give texts of two at least")
    if balanced:
        counted = counted * (sums.sum() / (len(found) * np.maximum(sums, 1e-300)))[train.classes]
    return counted


def fit_calibrated(
    counts: Counts,
    train: LabelledTexts,
    *,
    cost: float,
    weights: Floats,
    trusted: npt.NDArray[np.bool_],
    min_df: int,
    seed: int,
) -> tuple[TwoHeads, Calibration, Floats]:
    """Heads whose intercepts have the calibration's biases in them, the rest of it, and typical norms (M+1,).

    The heads learn from all texts. What their scores are worth is seen on texts that heads like them,
    which start from theirs, did not learn from.
    """
    size, used = len(train.labels), np.flatnonzero(weights > 0)

    def fit(which: Integers, start: Floats | None) -> Fit:
        return fit_two_heads(
            counts, train.classes, size=size, cost=cost, weights=weights, seed=seed, which=which,
            min_df=min_df, start=start,
        )  # fmt: skip

    whole = fit(used, None)
    scores, held_out = [], []
    for shown, tested in _folds(train, used, trusted, seed=seed):
        scores.append(fit(shown, whole.alphas).heads.scores(counts, which=tested))
        held_out.append(tested)
    heads, calibration = whole.heads, Calibration(1.0, np.zeros(size))
    if held_out:
        tested = np.concatenate(held_out)
        calibration = Calibration.of(np.concatenate(scores), train.classes[tested], weights=weights[tested])
        shift = calibration.biases / calibration.slope
        heads = replace(heads, intercepts=heads.intercepts + (shift[1:] if size == 2 else shift))
    return heads, replace(calibration, biases=np.zeros(size)), _typical_norms(heads, counts)


def _folds(
    train: LabelledTexts, used: Integers, trusted: npt.NDArray[np.bool_], *, seed: int
) -> Iterator[tuple[Integers, Integers]]:
    """Texts to learn from and texts held out, in turn, until enough were; copies are on one side.

    Texts whose class is a guess, or would be unknown, are not held out.
    """
    folds = min(_FOLDS if trusted[used].sum() < _LARGE else 2 * _FOLDS, len(used))
    labels, texts = train.classes[used].tolist(), [train.texts[i] for i in used.tolist()]
    done = 0
    for shown, tested in k_fold(len(used), folds, seed=seed, labels=labels, groups=texts):
        shown, tested = used[shown], used[tested]
        tested = tested[np.isin(train.classes[tested], train.classes[shown]) & trusted[tested]]
        if len(tested) and len(np.unique(train.classes[shown])) > 1:
            yield shown, tested
        done += len(tested)
        if done >= _ENOUGH:
            return


def _typical_norms(heads: TwoHeads, counts: Counts) -> Floats:
    """The mean over some texts of the norms that scores are divided by, (M+1,)."""
    m = heads.machines
    rows = np.flatnonzero(np.diff(counts.offsets))
    rows = rows[:: -(-len(rows) // _SAMPLE)]
    norms = [
        np.sqrt(heads.table[counts.columns[begin:end]][:, [*range(m, 2 * m), 3 * m]].sum(0))
        for begin, end in zip(counts.offsets[rows].tolist(), counts.offsets[rows + 1].tolist(), strict=True)
    ]
    means: Floats = np.mean(norms, axis=0, dtype=np.float64)
    return np.where(means > 0, means, 1.0)
