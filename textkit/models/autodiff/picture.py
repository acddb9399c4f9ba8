"""The graph of a computation as a picture: values on the way down, gradients on the way back."""

from __future__ import annotations

import numpy as np

from textkit.models.autodiff.backward import ordered
from textkit.models.autodiff.node import Doubles, Node
from textkit.models.graph import drawing

_SHOWN = 6  # elements; of larger arrays the shape is told


def picture(last: Node) -> str:
    """SVG text of everything that `last` was computed from; gradients where there are any.

    >>> x = Node(3.0, name="x")
    >>> picture(x * x).count('class="box"')
    2
    """
    return drawing.draw_graph(*boxes(last))


def boxes(last: Node) -> tuple[list[drawing.Node], list[tuple[str, str]]]:
    """The boxes of the graph of `last`, parents first, and its edges, from parent to child.

    >>> x = Node(3.0, name="x")
    >>> boxes(-x)
    ([Node(name='0', label='x\\nvalue 3'), Node(name='1', label='-\\nvalue -3')], [('0', '1')])
    """
    nodes = ordered(last)
    names = {node: str(number) for number, node in enumerate(nodes)}
    edges = [(names[parent], names[node]) for node in nodes for parent, _ in node.edges]
    return [drawing.Node(names[node], _label(node)) for node in nodes], edges


def _label(node: Node) -> str:
    lines = [" = ".join(part for part in (node.name, node.operation) if part) or "constant"]
    lines.append(f"value {_text(node.value)}")
    if node.gradient is not None:
        lines.append(f"gradient {_text(node.gradient)}")
    return "\n".join(lines)


def _text(value: Doubles) -> str:
    if value.size > _SHOWN:
        return "of " + "×".join(map(str, value.shape))
    shown = np.array2string(value, separator=", ", formatter={"float_kind": lambda x: f"{x:.3g}"})
    return shown.replace("\n", "")
