"""The graph of a network: what flows, worked out by hand for small ones."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import InputError, UsageError
from textkit.models.graph.drawing import draw_graph
from textkit.models.graph.module_graph import module_graph


class Residual(nn.Module):
    """Two inputs, an operation of its own, a block used twice, two results."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.block = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 4))

    def forward(self, x: Tensor, gate: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.first(x))
        h = self.block(h) + x
        h.sum()  # nothing comes of it
        h = self.block(h) * gate[:, None]
        kept = torch.zeros_like(h)
        kept[:, 0] = h[:, 1]
        return kept.softmax(1), h.mT.sum()


EXAMPLE = (torch.ones(3, 4), torch.ones(3))


def test_all_that_flows_is_found() -> None:
    graph = module_graph(Residual(), EXAMPLE, depth=1)
    assert graph.edges == [
        ("x", "first"),
        ("first", "tanh"),
        ("tanh", "block"),
        ("block", "add"),
        ("x", "add"),
        ("add", "block #2"),
        ("block #2", "mul"),
        ("gate", "mul"),
        ("mul", "softmax"),
        ("mul", "sum #2"),
        ("softmax", "result.0"),
        ("sum #2", "result.1"),
    ]
    labels = {node.name: node.label for node in graph.nodes}
    assert labels["x"] == "x\n3×4"
    assert labels["block #2"] == "block #2\nSequential · 76 weights\n3×4"
    assert labels["result.1"] == "result.1\nscalar"
    assert "sum" not in labels


def test_depth_closes_and_opens() -> None:
    shut = module_graph(Residual(), EXAMPLE, depth=0)
    assert shut.edges == [(a, "network") for a in ("x", "gate")] + [
        ("network", f"result.{i}") for i in range(2)
    ]
    names = [node.name for node in module_graph(Residual(), EXAMPLE, depth=None).nodes]
    opened = ["block.0", "block.1", "block.3"]
    assert [name for name in names if name.startswith("block")] == opened + [f"{each} #2" for each in opened]
    assert module_graph(Residual(), EXAMPLE, depth=2) == module_graph(Residual(), EXAMPLE, depth=None)


def test_the_network_stays_as_it_was() -> None:
    network = Residual().train()
    network.block[2].eval()
    module_graph(network, EXAMPLE)
    assert network.training
    assert not network.block[2].training
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in network.modules())
    with pytest.raises(RuntimeError):
        module_graph(network, (torch.ones(3, 5), torch.ones(3)))
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in network.modules())


def test_what_is_computed_out_of_sight_is_a_box_of_its_own() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)  # so that it is no module without modules

        def forward(self, x: Tensor) -> Tensor:
            return torch.tensor((x.numpy() * 2).tolist())

    graph = module_graph(nn.Sequential(Hidden(), nn.ReLU()), (torch.ones(2, 4),), depth=None)
    assert graph.edges == [("x", "0"), ("0", "1"), ("1", "result")] or graph.edges[0][0] == "input"
    assert [end for _, end in graph.edges] == ["0", "1", "result"]


def test_every_edge_is_drawn() -> None:
    graph = module_graph(Residual(), EXAMPLE, depth=None)
    svg = draw_graph(*graph)
    assert svg.count('class="box"') == len(graph.nodes)
    assert svg.count('class="edge"') == len(graph.edges)


def test_loops_can_be_followed_until_they_are_too_long() -> None:
    class Loop(nn.Module):
        def forward(self, x: Tensor, times: int) -> Tensor:
            for _ in range(times):
                x = x + 1
            return x

    assert len(module_graph(Loop(), (torch.ones(2), 5)).nodes) == 7
    with pytest.raises(InputError, match="more than 600 boxes: choose a smaller depth"):
        module_graph(Loop(), (torch.ones(2), 700))


def test_what_makes_no_sense_is_said() -> None:
    with pytest.raises(UsageError, match=re.escape("0 or more, not -1")):
        module_graph(nn.Linear(2, 2), (torch.ones(1, 2),), depth=-1)
    with pytest.raises(InputError, match="no tensor"):
        module_graph(nn.Linear(2, 2), ("text",))
