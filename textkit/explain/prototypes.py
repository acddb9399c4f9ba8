"""A few cases that stand for many: the mistakes of a classifier, grouped by what they have in common.

B cases, D features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Prototype:
    """Case number `case`, and the `members` it stands for, itself first, the likest before the others."""

    case: int
    members: tuple[int, ...]


def prototypes(vectors: Floats, *, count: int) -> list[Prototype]:
    """Up to `count` of the cases `vectors` (B, D), chosen so that every case is like one of them.

    Each in turn is the case that adds most to the sum over all cases of the cosine with the likest one
    chosen: greedy facility location, within 1 - 1/e of the best choice (Nemhauser, Wolsey and Fisher 1978,
    Mathematical Programming 14). Groups are given by size.

    >>> prototypes(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), count=2)
    [Prototype(case=1, members=(1, 0)), Prototype(case=2, members=(2,))]
    """
    if not len(vectors):
        return []
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    alike = np.maximum(unit @ unit.T, 0)
    np.fill_diagonal(alike, 1)
    covered = np.zeros(len(alike))
    chosen: list[int] = []
    while len(chosen) < min(count, len(alike)):
        gains = np.maximum(alike - covered[:, None], 0).sum(0)
        best = int(gains.argmax())
        if gains[best] <= 1e-12:  # the others are copies
            break
        chosen.append(best)
        covered = np.maximum(covered, alike[:, best])
    owner = alike[:, chosen].argmax(1)
    groups = []
    for number, case in enumerate(chosen):
        members = sorted(np.flatnonzero(owner == number).tolist(), key=lambda m: (m != case, -alike[m, case]))
        groups.append(Prototype(case, tuple(members)))
    return sorted(groups, key=lambda group: -len(group.members))
