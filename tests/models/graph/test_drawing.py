"""Drawings of graphs: whole as XML, everything there once, nothing over anything else."""

from __future__ import annotations

import itertools
import random
import re
import xml.etree.ElementTree as ET

import pytest

from textkit.errors import InputError
from textkit.models.graph.drawing import Node, draw_graph

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def boxes_of(svg: str) -> dict[str, Box]:
    """Left, top, right, bottom of each box by name."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") == "node":
            box = group.find(f"{SVG}rect")
            name = group.findtext(f"{SVG}title")
            assert box is not None
            assert name is not None
            x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
            found[name] = (x, y, x + w, y + h)
    return found


def edges_of(svg: str) -> list[tuple[str, list[tuple[float, float]]]]:
    """Title and polyline of each edge: points on its lines and curves."""
    paths = [path for path in ET.fromstring(svg).iter(f"{SVG}path") if path.get("class") == "edge"]
    return [(path.findtext(f"{SVG}title") or "", _points(path.attrib["d"])) for path in paths]


def _points(d: str) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for letter, text in re.findall(r"([MVC])([^MVC]*)", d):
        numbers = [float(each) for each in text.split()]
        if letter == "M":
            points.append((numbers[0], numbers[1]))
        elif letter == "V":
            x, y = points[-1]
            points += [(x, y + (numbers[0] - y) * i / 20) for i in range(1, 21)]
        else:
            (x0, y0), (x1, y1, x2, y2, x3, y3) = points[-1], numbers
            for i in range(1, 21):
                t = i / 20
                a, b, c, e = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                points.append((a * x0 + b * x1 + c * x2 + e * x3, a * y0 + b * y1 + c * y2 + e * y3))
    return points


def random_graph(seed: int, *, nodes: int, edges: int) -> tuple[list[Node], list[tuple[str, str]]]:
    chance = random.Random(seed)
    made = [
        Node(f"n{i}", "\n".join("x" * chance.randint(1, 30) for _ in range(chance.randint(1, 4))))
        for i in range(nodes)
    ]
    pairs = [sorted(chance.sample(range(nodes), 2)) for _ in range(edges)]
    return made, [(f"n{a}", f"n{b}") for a, b in pairs]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_lies_over_a_box_and_arrows_go_down_to_their_ends(seed: int) -> None:
    nodes, edges = random_graph(seed, nodes=25, edges=40)
    svg = draw_graph(nodes, edges)
    boxes = boxes_of(svg)
    assert list(boxes) == [node.name for node in nodes]
    for (_, one), (_, other) in itertools.combinations(boxes.items(), 2):
        apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
        assert apart
    drawn = edges_of(svg)
    assert [title for title, _ in drawn] == [f"{a} → {b}" for a, b in edges]
    for (_, points), (start, end) in zip(drawn, edges, strict=True):
        left, top, right, bottom = boxes[start]
        assert left <= points[0][0] <= right
        assert points[0][1] == pytest.approx(bottom, abs=0.15)
        left, top, right, bottom = boxes[end]
        assert left <= points[-1][0] <= right
        assert points[-1][1] == pytest.approx(top, abs=0.15)
        assert all(after[1] >= before[1] - 0.15 for before, after in itertools.pairwise(points))
        for name, (left, top, right, bottom) in boxes.items():
            inside = [(x, y) for x, y in points if left < x < right and top + 0.2 < y < bottom - 0.2]
            assert not inside, (start, end, name)


def test_all_lies_within_the_picture() -> None:
    svg = draw_graph(*random_graph(3, nodes=30, edges=60))
    root = ET.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for left, top, right, bottom in boxes_of(svg).values():
        assert left >= 0
        assert top >= 0
        assert right <= width - 20
        assert bottom <= height - 20


def test_labels_are_escaped_and_what_xml_cannot_say_is_replaced() -> None:
    svg = draw_graph([Node("a<b>&\"'", "if x < y & z:\n\x00\x1b\ud800 中文")], [])
    root = ET.fromstring(svg.encode("utf-8"))
    assert root.findtext(f".//{SVG}g/{SVG}title") == "a<b>&\"'"
    lines = [line.text for line in root.iter(f"{SVG}tspan")]
    assert lines == ["if x < y & z:", "\ufffd\ufffd\ufffd 中文"]


def test_the_same_graph_gives_the_same_text() -> None:
    assert len({draw_graph(*random_graph(1, nodes=20, edges=30)) for _ in range(3)}) == 1


def test_an_input_stands_right_above_its_use_and_a_chain_is_straight() -> None:
    names = ["x", "a", "b", "w", "c"]
    nodes = [Node(name, name) for name in names]
    boxes = boxes_of(draw_graph(nodes, [("x", "a"), ("a", "b"), ("b", "c"), ("w", "c")]))
    assert boxes["w"][1] == boxes["b"][1]
    boxes = boxes_of(draw_graph(nodes[:3], [("x", "a"), ("a", "b")]))
    assert len({(left + right) / 2 for left, _, right, _ in boxes.values()}) == 1


def test_two_edges_between_the_same_nodes_are_both_seen() -> None:
    drawn = edges_of(draw_graph([Node("x", "x"), Node("y", "x * x")], [("x", "y"), ("x", "y")]))
    assert drawn[0][1][-1] != drawn[1][1][-1]


def test_no_nodes_is_an_empty_picture() -> None:
    assert boxes_of(draw_graph([], [])) == {}


@pytest.mark.parametrize(
    ("names", "edges", "says"),
    [
        ("aa", [], "2 nodes are named 'a'"),
        ("ab", [("a", "c")], "a -> c joins no node named 'c'"),
        ("abc", [("a", "b"), ("b", "c"), ("c", "b")], "a cycle by 'b'"),
        ("a", [("a", "a")], "a cycle by 'a'"),
    ],
)
def test_what_is_no_graph_is_refused(names: str, edges: list[tuple[str, str]], says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        draw_graph([Node(name, name) for name in names], edges)
