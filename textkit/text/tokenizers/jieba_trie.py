"""jieba's words as a trie in one array of 64-bit units.

A unit packs a node: its label (15 bits), which of the weights it has (18 bits), and the base of its
children (0 for a leaf). The nodes of single characters lie at their labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

LABEL_BITS, WEIGHT_BITS = 15, 18
NO_WORD, FORBIDDEN = 0, 1  # weights that are none: a mere beginning, and a word that must never be cut out

Longs = npt.NDArray[np.int64]


def build_units(
    labels: Longs, lengths: Longs, weights: Longs, *, heat: npt.NDArray[np.float64], largest: int
) -> npt.NDArray[np.uint64]:
    """The units of a trie of W distinct words.

    `labels` (the sum of `lengths`,) are those of the words' characters, one word after the other, from
    1 to `largest`; `weights` (W,) what each word's node gets. Words with much `heat` (W,) come to lie
    close together, which the processor's caches reward. Units 0 to `largest` belong to the single
    characters, and are 0 for those with which no word begins.

    >>> labels, heat = np.array([1, 1, 2]), np.ones(2)
    >>> units = build_units(labels, np.array([1, 2]), np.array([2, 3]), heat=heat, largest=3)
    >>> [int(unit) & 0x7FFF for unit in units[:4]], int(units[1]) >> 15 & 0x3FFFF
    ([0, 1, 0, 0], 2)
    """
    if weights.max() >> WEIGHT_BITS:
        raise InputError(f"user dictionary: more than {1 << WEIGHT_BITS:,} different frequencies; round them")
    parent, label, node_weight, node_heat = _nodes(labels, lengths, weights, heat)
    count = len(parent)
    order = np.lexsort((label, parent))
    children = np.bincount(parent + 1, minlength=count + 1)  # parent -1: the root
    first = np.concatenate(([0], np.cumsum(children)))[1:]  # of node n: first[n] .. first[n+1]
    slots = _slots(order, label, parent, first, node_heat, largest)
    base = np.zeros(count, np.int64)
    inner = np.flatnonzero(np.diff(first))
    base[inner] = slots[order[first[inner]]] - label[order[first[inner]]]
    units = np.zeros(int(slots.max()) + largest + 1, np.int64)
    units[slots] = label | node_weight << LABEL_BITS | base << (LABEL_BITS + WEIGHT_BITS)
    return units.view(np.uint64)


def _nodes(
    labels: Longs, lengths: Longs, weights: Longs, heat: npt.NDArray[np.float64]
) -> tuple[Longs, Longs, Longs, npt.NDArray[np.float64]]:
    """Every distinct beginning of a word, by length: its parent (-1 for none), label, weight and heat."""
    starts = np.cumsum(lengths) - lengths
    words = np.arange(len(lengths))
    at = np.full(len(lengths), -1, np.int64)  # the node that each word has reached
    parents, node_labels, node_weights, heats = [], [], [], []
    total = depth = 0
    while len(words):
        keys = (at[words] + 1) << LABEL_BITS | labels[starts[words] + depth]
        distinct, inverse = np.unique(keys, return_inverse=True)
        at[words] = total + inverse
        parents.append((distinct >> LABEL_BITS) - 1)
        node_labels.append(distinct & (1 << LABEL_BITS) - 1)
        heats.append(np.bincount(inverse, weights=heat[words], minlength=len(distinct)))
        ended = lengths[words] == depth + 1
        weight = np.full(len(distinct), NO_WORD, np.int64)
        weight[inverse[ended]] = weights[words[ended]]
        node_weights.append(weight)
        total += len(distinct)
        words = words[~ended]
        depth += 1
    return tuple(np.concatenate(parts) for parts in (parents, node_labels, node_weights, heats))  # type: ignore[return-value]


def _slots(
    order: Longs, label: Longs, parent: Longs, first: Longs, heat: npt.NDArray[np.float64], largest: int
) -> Longs:
    """The slot of each node."""
    from textkit.text.kernels.double_array import place_children

    children = np.diff(first)
    inner = np.flatnonzero(children)
    # Large families first, while there is room for them; then by heat.
    large = np.minimum(children[inner] // 16, 64)
    inner = inner[np.lexsort((-heat[inner], -large))]
    room = 2 * len(parent) + 4 * largest
    while True:
        used = np.zeros(room, np.uint8)
        used[: largest + 1] = 1  # the single characters
        base = np.zeros(len(parent), np.int64)
        taken, begins = np.zeros(room, np.uint8), np.zeros(64, np.int64)
        if place_children(inner, first, label[order], used, taken, begins, base) >= 0:
            break
        room *= 2
        if room >> 30:
            raise InputError("user dictionary: too many words for one trie; leave rare ones out")
    return np.where(parent < 0, label, base[parent] + label)


def labels_of(words: Sequence[str], label: npt.NDArray[np.uint16]) -> tuple[Longs, Longs]:
    """The labels of the characters of all words, one after the other, and the words' lengths.

    `label` (65,536,) are those of the code points; any further one is outside the alphabet, as is 0.
    """
    codes = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    return label[np.where(codes < len(label), codes, 0)].astype(np.int64), lengths
