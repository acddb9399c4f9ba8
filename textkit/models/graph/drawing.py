"""A directed graph without cycles as SVG text: boxes with labels, from top to bottom, and arrows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from textkit.errors import InputError
from textkit.models.graph.layout import BETWEEN, Layout, Size, lay_out

MARGIN = 12.0
_PAD = 10.0
_LINE = 17.0  # from one line of a label to the next
_LETTER = 7.6  # the width that a letter of 13 points is given; fonts differ, so more than most need
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # what XML cannot say
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}" \
font-family="sans-serif" font-size="13">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" \
orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<rect class="paper" width="{w:g}" height="{h:g}" fill="#fff"/>
<g transform="translate({m:g} {m:g})">
"""


Point = tuple[float, float]


class Node(NamedTuple):
    """A box: its name, which edges use, and the text in it, of one line or several."""

    name: str
    label: str


def draw_graph(nodes: Sequence[Node], edges: Sequence[tuple[str, str]]) -> str:
    """The SVG text of a graph: a box for each node, below all that lead to it, an arrow for each edge.

    The same graph gives the same text. Raises InputError for a name that is there twice, an edge to an
    unknown name and a cycle.

    >>> svg = draw_graph([Node("x", "x\\n3.0"), Node("y", "x²")], [("x", "y")])
    >>> svg.count("<rect class=\\"box\\""), svg.count("<path class=\\"edge\\"")
    (2, 1)
    """
    for name, count in Counter(node.name for node in nodes).items():
        if count > 1:
            raise InputError(f"{count} nodes are named '{name}': each needs a name of its own")
    sizes = {node.name: _size(node.label) for node in nodes}
    layout = lay_out(sizes, edges)
    width, height = (round(side + 2 * MARGIN, 1) for side in layout.size)
    parts = [_HEAD.format(w=width, h=height, m=MARGIN)]
    arrivals = _arrivals(sizes, edges, layout)
    for (start, end), passes, arrival in zip(edges, layout.passes, arrivals, strict=True):
        x, y = layout.centres[start]
        foot, head = y + sizes[start][1] / 2, layout.centres[end][1] - sizes[end][1] / 2
        parts.append(_edge((start, end), passes, begin=(x, foot), end=(arrival, head), top=layout.tops[end]))
    parts.extend(_box(node, sizes[node.name], layout.centres[node.name]) for node in nodes)
    return "".join([*parts, "</g>\n</svg>\n"])


def _plain(text: str) -> str:
    """As XML can say it."""
    return escape(_ILLEGAL.sub("\ufffd", text))


def _size(label: str) -> Size:
    lines = label.split("\n")
    letters = max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in lines)
    return max(letters * _LETTER, _LINE) + 2 * _PAD, len(lines) * _LINE + _PAD


def _arrivals(sizes: dict[str, Size], edges: Sequence[tuple[str, str]], layout: Layout) -> list[float]:
    """Where each edge meets the top of its end: beside each other, in the order in which they come."""
    coming: dict[str, list[tuple[float, int]]] = {}
    for place, (start, end) in enumerate(edges):
        last = layout.passes[place][-1][0] if layout.passes[place] else layout.centres[start][0]
        coming.setdefault(end, []).append((last, place))
    arrivals = [0.0] * len(edges)
    for end, those in coming.items():
        step = sizes[end][0] * 0.7 / len(those)
        for i, (_, place) in enumerate(sorted(those)):
            arrivals[place] = layout.centres[end][0] + step * (i - (len(those) - 1) / 2)
    return arrivals


def _edge(
    edge: tuple[str, str], passes: list[tuple[float, float, float]], *, begin: Point, end: Point, top: float
) -> str:
    """An arrow: straight past the layers between, and curved only in the gaps, where no box is."""
    x = begin[0]
    path = [f"M{x:.1f} {begin[1]:.1f}"]
    for to, upper, lower in [*passes, (end[0], top, end[1])]:
        bottom, middle = upper - BETWEEN, upper - BETWEEN / 2  # of the layer above, and of the gap
        path.append(
            f"V{bottom:.1f}C{x:.1f} {middle:.1f} {to:.1f} {middle:.1f} {to:.1f} {upper:.1f}V{lower:.1f}"
        )
        x = to
    title = _plain(" → ".join(edge))
    return (
        f'<path class="edge" d="{"".join(path)}" fill="none" stroke="#555" '
        f'marker-end="url(#arrow)"><title>{title}</title></path>\n'
    )


def _box(node: Node, size: Size, centre: tuple[float, float]) -> str:
    x, y = centre[0] - size[0] / 2, centre[1] - size[1] / 2
    lines = "".join(
        f'<tspan x="{centre[0]:.1f}" y="{y + _PAD / 2 + _LINE * (i + 0.75):.1f}">{_plain(line)}</tspan>'
        for i, line in enumerate(node.label.split("\n"))
    )
    return (
        f'<g class="node"><title>{_plain(node.name)}</title><rect class="box" x="{x:.1f}" y="{y:.1f}" '
        f'width="{size[0]:.1f}" height="{size[1]:.1f}" rx="4" fill="#eef3fa" stroke="#456"/>'
        f'<text text-anchor="middle">{lines}</text></g>\n'
    )
