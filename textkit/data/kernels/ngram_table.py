"""A table of n-grams as nodes of a tree: a node is found from its parent and its last symbol.

Nodes of one symbol stand in `first` (S,), by symbol, plus one, 0 for none. All others stand in `slots`
(2 * M,), M a power of two: the key, (parent + 1) << 32 | symbol, 0 for none, and beside it the node. Keys
are exact, so that no two n-grams are ever taken for one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch

Nodes = npt.NDArray[np.int32]
Slots = npt.NDArray[np.uint64]

_0, _1, _2 = (np.uint64(i) for i in range(3))  # unsigned: no test for negative places
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # of splitmix64
_SYMBOL = np.uint64(0xFFFFFFFF)
_AHEAD = 12  # lookups whose memory is on its way


@compiled
def _key(parent: np.int32, symbol: np.int32) -> np.uint64:
    return np.uint64(np.int64(parent) + 1) << np.uint64(32) | np.uint64(symbol)


@compiled
def _home(key: np.uint64, shift: np.uint64) -> np.uint64:
    """The slot where the search for a key begins."""
    key = (key ^ key >> np.uint64(32)) * _ODD
    return (key ^ key >> np.uint64(29)) * _MIX >> shift


@compiled
def _shift(slots: Slots) -> np.uint64:
    """How far a hash is shifted to give a slot."""
    shift, size = np.uint64(64), slots.size >> 1
    while size > 1:
        shift -= _1
        size >>= 1
    return shift


@compiled
def begin_ngrams(first: Nodes, size: int, symbols: Nodes, adding: bool, nodes: Nodes) -> int:
    """The node of each symbol (T,) in `nodes` (T,), -1 for none; a new one gets the number `size`.

    Returns how many nodes there are. All symbols are below S if new ones are added.
    """
    for t in range(nodes.size):
        symbol, node = symbols[t], np.int32(-1)
        if 0 <= symbol < first.size:
            node = first[symbol] - np.int32(1)
            if node < 0 and adding:
                node = np.int32(size)
                size += 1
                first[symbol] = size
        nodes[t] = node
    return size


@compiled
def extend_ngrams(
    slots: Slots, size: int, room: int, symbols: Nodes, order: int, adding: bool, shorter: Nodes,
    nodes: Nodes, begin: int,
) -> tuple[int, int]:  # fmt: skip
    """The node of each n-gram of `order` symbols, from the nodes (T,) of those that are one `shorter`.

    `symbols` has T and `order` entries. From `begin` on, until a new node would be one more than `room`;
    returns where it stopped, and how many nodes there are.
    """
    shift = _shift(slots)
    mask = np.uint64((slots.size >> 1) - 1)
    total, going, t = nodes.size, True, begin
    while t < total and going:
        ahead = t + _AHEAD
        if ahead < total and shorter[ahead] >= 0 and symbols[ahead + order - 1] >= 0:
            prefetch(slots, _home(_key(shorter[ahead], symbols[ahead + order - 1]), shift) << _1)
        parent, symbol, node = shorter[t], symbols[t + order - 1], np.int32(-1)
        if parent >= 0 and symbol >= 0:
            key = _key(parent, symbol)
            slot = _home(key, shift)
            held = slots[slot << _1]
            while held != _0 and held != key:
                slot = (slot + _1) & mask
                held = slots[slot << _1]
            if held == key:
                node = np.int32(slots[(slot << _1) + _1])
            elif adding:
                going = size < room
                if going:
                    node = np.int32(size)
                    size += 1
                    slots[slot << _1] = key
                    slots[(slot << _1) + _1] = np.uint64(node)
        if going:
            nodes[t] = node
            t += 1
    return t, size


@compiled
def _put(slots: Slots, shift: np.uint64, key: np.uint64, node: np.uint64) -> None:
    mask = np.uint64((slots.size >> 1) - 1)
    slot = _home(key, shift)
    while slots[slot << _1] != _0:
        slot = (slot + _1) & mask
    slots[slot << _1] = key
    slots[(slot << _1) + _1] = node


@compiled
def move_slots(old: Slots, slots: Slots) -> None:
    """Put all that `old` slots hold into empty ones."""
    shift = _shift(slots)
    for place in range(0, old.size, 2):
        if old[place] != _0:
            _put(slots, shift, old[place], old[place + 1])


@compiled
def list_nodes(first: Nodes, slots: Slots, parents: Nodes, symbols: Nodes) -> None:
    """The parent, -1 for none, and the last symbol of each node, (N,)."""
    for symbol in range(first.size):
        if first[symbol] > 0:
            parents[first[symbol] - 1] = -1
            symbols[first[symbol] - 1] = symbol
    for place in range(0, slots.size, 2):
        if slots[place] != _0:
            node = slots[place + 1]
            parents[node] = np.int32(np.int64(slots[place] >> np.uint64(32)) - 1)
            symbols[node] = np.int32(slots[place] & _SYMBOL)


@compiled
def put_nodes(parents: Nodes, symbols: Nodes, first: Nodes, slots: Slots) -> None:
    """Fill an empty table with all nodes (N,), of which no two are the same."""
    shift = _shift(slots)
    for node in range(parents.size):
        if parents[node] < 0:
            first[symbols[node]] = node + 1
        else:
            _put(slots, shift, _key(parents[node], symbols[node]), np.uint64(node))
