"""Seeded splits that do not leak: stratified by label, with equal records kept on one side."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError

Indices = npt.NDArray[np.int64]

_FEW = 20  # labels
_TURN = (5**0.5 - 1) / 2  # the golden ratio, whose multiples spread evenly over [0, 1)


def split(
    size: int,
    fractions: Mapping[str, float],
    *,
    seed: int,
    labels: Sequence[Hashable] | None = None,
    groups: Sequence[Hashable] | None = None,
) -> dict[str, Indices]:
    """Indices 0 to `size`-1 dealt into named parts, disjoint and covering all, each sorted.

    With `labels`, every part has each label in the same proportion (to within one record). Records
    of one group (pass the texts themselves, and duplicates are groups) always share a part; the
    group's first label counts. Raises UsageError unless the fractions are positive and sum to one.

    >>> parts = split(10, {"train": 0.8, "test": 0.2}, seed=1)
    >>> [len(parts[name]) for name in parts]
    [8, 2]
    """
    if not fractions or min(fractions.values()) <= 0 or abs(sum(fractions.values()) - 1) > 1e-9:
        raise UsageError(f"fractions must be positive and sum to 1, not {dict(fractions)}")
    names, bounds = list(fractions), np.cumsum(list(fractions.values()))
    group_of, strata = _strata(size, seed, labels, groups)
    sizes = np.bincount(group_of)
    part_of = np.empty(len(sizes), np.int64)
    for number, members in enumerate(strata):
        # A record belongs to the part in which the middle of its share of the stratum falls. What remains of
        # a few labels thus goes to the same part, which has all of them in proportion; of many it would make
        # that part too large, so that each stratum takes another point of the share.
        own, point = sizes[members], (0.5 + number * _TURN * (len(strata) > _FEW)) % 1
        points = (np.cumsum(own) - own * point) / own.sum()
        part_of[members] = np.minimum(np.searchsorted(bounds, points), len(names) - 1)
    parts = part_of[group_of]
    return {name: np.flatnonzero(parts == number) for number, name in enumerate(names)}


def k_fold(
    size: int,
    folds: int,
    *,
    seed: int,
    labels: Sequence[Hashable] | None = None,
    groups: Sequence[Hashable] | None = None,
) -> Iterator[tuple[Indices, Indices]]:
    """(train, test) index pairs: each record is tested once; labels and groups as in `split`.

    >>> [test.tolist() for _, test in k_fold(4, 2, seed=0)]
    [[0, 2], [1, 3]]
    """
    if not 2 <= folds <= size:
        raise UsageError(f"folds must lie between 2 and the {size} records, not {folds}")
    parts = split(
        size, {str(fold): 1 / folds for fold in range(folds)}, seed=seed, labels=labels, groups=groups
    )
    everything = np.arange(size, dtype=np.int64)
    for test in parts.values():
        yield np.setdiff1d(everything, test), test


def _strata(
    size: int, seed: int, labels: Sequence[Hashable] | None, groups: Sequence[Hashable] | None
) -> tuple[Indices, list[Indices]]:
    """The group of each record (`size`,), and for each label its groups in shuffled order."""
    for name, given in (("labels", labels), ("groups", groups)):
        if given is not None and len(given) != size:
            raise UsageError(f"{name} must have one entry for each of the {size} records, not {len(given)}")
    group_of = np.arange(size, dtype=np.int64) if groups is None else _numbered(groups)
    count = int(group_of.max(initial=-1)) + 1
    label_of = np.zeros(count, np.int64)
    if labels is not None:
        label_of[group_of[::-1]] = _numbered(labels)[::-1]  # the first record of a group is written last
        label_of = _numbered(label_of.tolist())
    generator = np.random.default_rng(seed)
    order = np.argsort(label_of, kind="stable")
    strata = np.split(order, np.cumsum(np.bincount(label_of))[:-1]) if count else []
    return group_of, [stratum[generator.permutation(len(stratum))] for stratum in strata]


def _numbered(values: Sequence[Hashable]) -> Indices:
    """Equal values have equal numbers, 0, 1, 2, ... in the order first seen."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
