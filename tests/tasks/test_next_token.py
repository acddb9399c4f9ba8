"""The objective: its penalties by hand, its carried states, and the device it asks for."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from textkit.data.windows import PADDING, Window
from textkit.models import network as models_network
from textkit.models.dropout import Dropouts
from textkit.models.precision import choose_precision
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.tasks.language_model.next_token import NextToken, WindowLoss

CPU = torch.device("cpu")


def network(dropout: float = 0.0) -> RecurrentNetwork:
    torch.manual_seed(2)
    dropouts = Dropouts.everywhere(dropout)
    return RecurrentNetwork(RecurrentSettings("lstm", 9, embedding=5, hidden=6, dropouts=dropouts))


def window(seed: int, rows: int = 4, steps: int = 3, *, continues: bool = True) -> Window:
    ids = np.random.default_rng(seed).integers(0, 9, (rows, steps + 1))
    return Window(ids[:, :-1], ids[:, 1:], continues)


def objective(net: RecurrentNetwork) -> NextToken:
    return NextToken(net, WindowLoss(net), device=CPU, precision=choose_precision("fp32", device=CPU))


def test_the_penalties_are_of_squares_after_dropout_and_of_changes_before_it() -> None:
    net, batch = network(0.5), window(0)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
    torch.manual_seed(7)
    loss, entropy, _ = WindowLoss(net, activation=2.0, slowness=0.5)(inputs, targets, net.zero_state(4))
    torch.manual_seed(7)
    features, raw, _ = net.read(inputs, net.zero_state(4))
    logits = functional.linear(features, net.output.weight, net.output.bias)
    expected = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    torch.testing.assert_close(entropy, expected.detach())
    squares = (features**2).mean()
    changes = sum(((raw[:, t] - raw[:, t - 1]) ** 2).sum() for t in (1, 2)) / (4 * 2 * 6)
    torch.testing.assert_close(loss, expected + 2.0 * squares + 0.5 * changes)


def test_states_are_carried_detached_and_begin_anew_where_windows_do() -> None:
    net = network()
    first, second = window(1), window(2)
    carrying, whole = objective(net), torch.from_numpy(np.hstack([first.inputs, second.inputs]))
    carrying(first)
    _, entropy, count = carrying(second)
    assert count == 12
    state = net.read(torch.from_numpy(first.inputs), net.zero_state(4)).state
    anew = objective(net)(second)[1]
    after = WindowLoss(net)(torch.from_numpy(second.inputs), torch.from_numpy(second.targets), state)[1]
    torch.testing.assert_close(entropy, after)
    assert not torch.allclose(entropy, anew)
    torch.testing.assert_close(carrying.states[0][0], net.read(whole, net.zero_state(4)).state[0])
    assert not carrying.states[0][0].requires_grad
    torch.testing.assert_close(carrying(second._replace(continues=False))[1], anew)


def test_parts_of_a_minibatch_carry_states_of_their_own() -> None:
    net = network()
    first, second = window(3), window(4)
    in_parts, at_once = objective(net), objective(net)
    for batch in (first, second):
        means = [in_parts(part)[1] * part.predictions for part in batch.split(2)]
        torch.testing.assert_close(sum(means) / batch.predictions, at_once(batch)[1])
    assert sorted(in_parts.states) == [0, 2]
    resumed = objective(net)
    resumed.load_state_dict(in_parts.state_dict())
    for part in window(5).split(2):
        torch.testing.assert_close(resumed(part)[1], in_parts(part)[1])


def test_padding_is_not_predicted() -> None:
    assert models_network.PADDING == PADDING  # siblings, which do not import each other, agree on it
    net, batch = network(), window(6)
    targets = batch.targets.copy()
    targets[:, -1] = PADDING
    _, entropy, count = objective(net)(batch._replace(targets=targets))
    shorter = Window(batch.inputs[:, :-1], batch.targets[:, :-1], True)
    torch.testing.assert_close(entropy, objective(net)(shorter)[1])
    assert count == 8
