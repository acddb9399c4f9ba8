"""A network asked step by step says what it says when asked in whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.lm.stepping import SteppingNetwork
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
