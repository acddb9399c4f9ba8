"""Seeded splits that do not leak: stratified by label, with equal records kept on one side."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError

Indices = npt.NDArray[np.int64]


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
    dealt: dict[str, list[Indices]] = {name: [] for name in names}
    for members in _strata(size, seed, labels, groups):
        # A record belongs to the part in which the middle of its share of the stratum falls.
        sizes = np.array([len(group) for group in members])
        middles = (np.cumsum(sizes) - sizes / 2) / max(sizes.sum(), 1)
        for group, part in zip(members, np.searchsorted(bounds, middles), strict=True):
            dealt[names[min(int(part), len(names) - 1)]].append(group)
    return {name: _sorted(parts) for name, parts in dealt.items()}


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
) -> Iterator[list[Indices]]:
    """For each label, its groups of indices in shuffled order."""
    for name, given in (("labels", labels), ("groups", groups)):
        if given is not None and len(given) != size:
            raise UsageError(f"{name} must have one entry for each of the {size} records, not {len(given)}")
    members: dict[Hashable, list[int]] = {}
    for index in range(size):
        members.setdefault(index if groups is None else groups[index], []).append(index)
    strata: dict[Hashable, list[Indices]] = {}
    for indices in members.values():
        label = None if labels is None else labels[indices[0]]
        strata.setdefault(label, []).append(np.array(indices, dtype=np.int64))
    generator = np.random.default_rng(seed)
    for stratum in strata.values():
        yield [stratum[i] for i in generator.permutation(len(stratum))]


def _sorted(parts: list[Indices]) -> Indices:
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
