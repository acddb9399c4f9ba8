"""Where the nodes of a trie go in a double array (Aoe 1989).

A child's slot is its parent's base plus its label. Each base belongs to one parent alone, so a label in a
slot says whose child lies there, and no parent need be stored.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint8]

PATIENCE = 300  # slots tried before a family's kind begins its search further on


@compiled
def place_children(
    order: Longs, first: Longs, labels: Longs, used: Flags, taken: Flags, begins: Longs, base: Longs
) -> int:
    """Find a base for each parent, in the given order; returns how many slots are used, -1 if too few.

    The children of parent p have `labels[first[p]:first[p+1]]`, ascending, from 1. `used` (S,) marks
    the slots in use so far and is added to, and so is `taken` (S,), which marks bases. `begins` (64,),
    zeros, is where the search begins by the logarithm of a family's size. `base` (P,) receives the bases.
    """
    for parent in order:
        begin, end = first[parent], first[parent + 1]
        kind = 0
        while end - begin >> kind + 1:
            kind += 1
        while begins[kind] < used.size and used[begins[kind]]:
            begins[kind] += 1
        slot = max(begins[kind], labels[begin] + 1)
        tried = 0
        while True:
            if slot + labels[end - 1] >= used.size:
                return -1
            candidate = slot - labels[begin]
            if not used[slot] and not taken[candidate]:
                fits = True
                for child in range(begin + 1, end):
                    if used[candidate + labels[child]]:
                        fits = False
                        break
                if fits:
                    break
                tried += 1
            slot += 1
        if tried > PATIENCE:
            begins[kind] += (slot - begins[kind]) // 2
        base[parent] = candidate
        taken[candidate] = 1
        for child in range(begin, end):
            used[candidate + labels[child]] = 1
    top = used.size
    while top > 0 and not used[top - 1]:
        top -= 1
    return top
