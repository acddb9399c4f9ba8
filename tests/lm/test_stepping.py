"""A network asked step by step says what it says when asked in whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.lm.stepping import SteppingLines, SteppingNetwork
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(2)
    common = {"vocab_size": 40, "embedding": 6, "hidden": 6}
    return {
        "tied gru": RecurrentNetwork(RecurrentSettings("gru", layers=2, tied=True, **common)),
        "lstm": RecurrentNetwork(RecurrentSettings("lstm", **common)),
        "adaptive": RecurrentNetwork(RecurrentSettings("rnn", output="adaptive", cutoffs=(10,), **common)),
        "transformer": TransformerNetwork(TransformerSettings(40, width=8, layers=2, heads=2, context=6)),
    }


@pytest.mark.parametrize("name", networks())
def test_steps_prompts_and_the_network_agree(name: str) -> None:
    network = networks()[name]
    ids = torch.randint(40, (2, 9), generator=torch.Generator().manual_seed(0))
    steps = SteppingNetwork(network)
    assert not network.training
    with torch.no_grad():
        whole = network.read(ids[:, :5], network.zero_state(2)).features
        expected = network.output.log_probs(whole[:, -1])
    log_probs, state = steps.read(ids[:, :5], steps.start(2))
    torch.testing.assert_close(log_probs, expected)
    one_by_one = steps.start(2)
    for place in range(5):
        log_probs, one_by_one = steps.step(ids[:, place], one_by_one)
    torch.testing.assert_close(log_probs, expected)
    # Rows change places, and old states stay usable.
    turned = steps.reorder(state, torch.tensor([1, 0, 1]))
    for place in range(5, 9):
        following, turned = steps.step(ids[[1, 0, 1], place], turned)
        log_probs, state = steps.step(ids[:, place], state)
    torch.testing.assert_close(following, log_probs[[1, 0, 1]])


@pytest.mark.parametrize("name", networks())
def test_each_line_by_itself(name: str) -> None:
    network, end = networks()[name], 1
    ids = torch.randint(2, 40, (3, 9), generator=torch.Generator().manual_seed(0))
    ids[:, 0] = end
    ids[0, 4], ids[1, 2], ids[1, 7] = end, end, end  # the rows are at different places of their lines

    def expected(row: int, place: int) -> torch.Tensor:
        begin = int((ids[row, : place + 1] == end).nonzero()[-1])
        with torch.no_grad():
            features = network.read(ids[row : row + 1, begin : place + 1], network.zero_state(1)).features
            return network.output.log_probs(features[:, -1])[0]

    steps = SteppingLines(SteppingNetwork(network), end=end)
    state = steps.start(3)
    for place in range(9):
        log_probs, state = steps.step(ids[:, place], state)
        torch.testing.assert_close(log_probs, torch.stack([expected(row, place) for row in range(3)]))
        if place == 5:
            again, then = steps.read(ids[:, :6], steps.start(3))
            torch.testing.assert_close(again, log_probs)
            turned = steps.reorder(then, torch.tensor([2, 0]))
            following, _ = steps.read(ids[[2, 0], 6:8], turned)
            torch.testing.assert_close(following, torch.stack([expected(row, 7) for row in (2, 0)]))
