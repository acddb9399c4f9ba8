"""Where the boxes of a directed graph without cycles go: in layers, from top to bottom.

The steps of Sugiyama, Tagawa and Toda (1981), "Methods for Visual Understanding of Hierarchical System
Structures": a layer for each node, an order within each layer with few crossings, then places. An edge
over several layers gets a point in each that it passes, so that it never runs through a box.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textkit.errors import InputError

GAP = 24.0  # between the boxes of a layer
BETWEEN = 44.0  # between layers
_SWEEPS = 8

Size = tuple[float, float]


class Layout(NamedTuple):
    """Centres of the boxes and tops of their layers by name, what each edge passes, the size of the whole.

    `passes` has for each edge the (x, top, bottom) of every layer between its ends.
    """

    centres: dict[str, tuple[float, float]]
    tops: dict[str, float]
    passes: list[list[tuple[float, float, float]]]
    size: Size


def lay_out(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]]) -> Layout:
    """Places for boxes of these (width, height), which edges join; deterministic.

    Raises InputError when the edges make a cycle, or join what is not there.

    >>> lay_out({"a": (10, 10), "b": (10, 10)}, [("a", "b")]).centres
    {'a': (5.0, 5.0), 'b': (5.0, 59.0)}
    """
    for edge in edges:
        for end in edge:
            if end not in sizes:
                raise InputError(f"the edge {edge[0]} -> {edge[1]} joins no node named '{end}': add the node")
    depth = _layers(list(sizes), edges)
    widths = {_key(name): width for name, (width, _) in sizes.items()}
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in sizes:
        rows[depth[name]].append(_key(name))
    chains = []
    for place, (start, end) in enumerate(edges):
        between = [f"{place}/{layer}" for layer in range(depth[start] + 1, depth[end])]
        for layer, point in enumerate(between, start=depth[start] + 1):
            rows[layer].append(point)
            widths[point] = 0.0
        chains.append([_key(start), *between, _key(end)])
    links = sorted({pair for chain in chains for pair in itertools.pairwise(chain)})
    _order(rows, links)
    across = _places(rows, links, widths)
    tops, bottoms = _heights(sizes, depth, len(rows))
    centres = {name: (across[_key(name)], (tops[depth[name]] + bottoms[depth[name]]) / 2) for name in sizes}
    passes = [
        [
            (across[point], tops[layer], bottoms[layer])
            for layer, point in enumerate(chain[1:-1], start=depth[start] + 1)
        ]
        for chain, (start, _) in zip(chains, edges, strict=True)
    ]
    right = max((across[key] + width / 2 for key, width in widths.items()), default=0.0)
    above = {name: tops[depth[name]] for name in sizes}
    return Layout(centres, above, passes, (right, bottoms[-1] if bottoms else 0.0))


def _key(name: str) -> str:
    """A node's key: no point on an edge has the same."""
    return f"={name}"


def _layers(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Each node's layer: below all that it depends on; what depends on nothing stands near its use."""
    into: dict[str, int] = dict.fromkeys(names, 0)
    out: dict[str, list[str]] = {name: [] for name in names}
    for start, end in edges:
        into[end] += 1
        out[start].append(end)
    sources = [name for name in names if not into[name]]
    depth, ready = dict.fromkeys(names, 0), list(sources)
    for name in ready:  # grows while it is read
        for end in out[name]:
            depth[end] = max(depth[end], depth[name] + 1)
            into[end] -= 1
            if not into[end]:
                ready.append(end)
    if len(ready) < len(names):
        inside = next(name for name in names if into[name])
        raise InputError(f"the graph has a cycle by '{inside}': only graphs without cycles have layers")
    for name in sources:
        if out[name]:
            depth[name] = min(depth[end] for end in out[name]) - 1
    return depth


def _order(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Sort each row by the mean place of its neighbours in the row before, down and up by turns."""
    above, below = _neighbours(rows, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        walk = rows[1:] if down else rows[-2::-1]
        place = {key: float(i) for row in rows for i, key in enumerate(row)}
        for row in walk:
            wanted = {key: _mean([place[other] for other in near[key]], place[key]) for key in row}
            row.sort(key=wanted.__getitem__)
            place.update((key, float(i)) for i, key in enumerate(row))


def _neighbours(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {key: [] for row in rows for key in row}
    below: dict[str, list[str]] = {key: [] for row in rows for key in row}
    for start, end in links:
        above[end].append(start)
        below[start].append(end)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _places(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], widths: Mapping[str, float]
) -> dict[str, float]:
    """The middle of everything across, from 0 on: near its neighbours, and never nearer than GAP."""
    above, below = _neighbours(rows, links)
    across: dict[str, float] = {}
    for row in rows:
        across.update(_apart(row, dict.fromkeys(row, 0.0), widths))
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {key: _mean([across[other] for other in near[key]], across[key]) for key in row}
            across.update(_apart(row, wanted, widths))
    left = min((across[key] - widths[key] / 2 for row in rows for key in row), default=0.0)
    return {key: x - left for key, x in across.items()}


def _apart(row: Sequence[str], wanted: Mapping[str, float], widths: Mapping[str, float]) -> dict[str, float]:
    """The places nearest to those wanted, by squares, that keep order and distance.

    With each place less what must lie to its left this is isotonic regression, which pooling
    neighbours that are out of order solves (Barlow and others, 1972).
    """
    offsets: list[float] = []
    for key, before in zip(row, [None, *row], strict=False):
        step = 0.0 if before is None else (widths[before] + widths[key]) / 2 + GAP
        offsets.append(step + (offsets[-1] if offsets else 0.0))
    pools: list[tuple[float, int]] = []
    for key, offset in zip(row, offsets, strict=True):
        total, count = wanted[key] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before_total, before_count = pools.pop()
            total, count = total + before_total, count + before_count
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    return {key: mean + offset for key, mean, offset in zip(row, means, offsets, strict=True)}


def _heights(
    sizes: Mapping[str, Size], depth: Mapping[str, int], layers: int
) -> tuple[list[float], list[float]]:
    """Top and bottom of each layer."""
    tall = [0.0] * layers
    for name, (_, height) in sizes.items():
        tall[depth[name]] = max(tall[depth[name]], height)
    tops, bottoms = [], []
    y = 0.0
    for height in tall:
        tops.append(y)
        bottoms.append(y + height)
        y += height + BETWEEN
    return tops, bottoms
