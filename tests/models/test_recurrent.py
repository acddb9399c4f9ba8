"""Torch's recurrent layers against the cells written out gate by gate, with the same weights."""

from __future__ import annotations

import pytest
import torch

from textkit.errors import UsageError
from textkit.models.cells import CellWeights, gru_cell, lstm_cell, rnn_cell
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

CELLS = {"rnn": rnn_cell, "gru": gru_cell, "lstm": lstm_cell}


def by_hand(network: RecurrentNetwork, ids: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Logits (B, T, V) and last states, computed cell by cell."""
    s, layers = network.settings, network.layers
    inputs = network.embedding.weight[ids]
    finals = []
    for layer in range(s.layers):
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights = CellWeights(*(getattr(layers, f"{name}_l{layer}") for name in names))
        state = tuple(part[layer] for part in network.zero_state(len(ids)))
        outputs = []
        for t in range(ids.shape[1]):
            state = CELLS[s.cell](inputs[:, t], state, weights)
            outputs.append(state[0])
        inputs = torch.stack(outputs, dim=1)
        finals.append(state)
    return network.logits(inputs), tuple(torch.stack(parts) for parts in zip(*finals, strict=True))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("tied", [False, True])
def test_torch_agrees_with_the_written_out_cells_forward_and_backward(
    cell: str, layers: int, tied: bool
) -> None:
    torch.manual_seed(0)
    width = 6 if tied else 5
    network = RecurrentNetwork(
        RecurrentSettings(cell, 11, embedding=width, hidden=6, layers=layers, tied=tied)
    )
    ids = torch.randint(0, 11, (4, 7))
    logits, state = network(ids, network.zero_state(4))
    expected, final = by_hand(network, ids)
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    for part, wanted in zip(state, final, strict=True):
        torch.testing.assert_close(part, wanted, atol=1e-5, rtol=1e-5)
    weight = torch.randn_like(logits)
    grads = torch.autograd.grad((logits * weight).sum(), list(network.parameters()))
    wanted_grads = torch.autograd.grad((expected * weight).sum(), list(network.parameters()))
    for got, want in zip(grads, wanted_grads, strict=True):
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_in_two_pieces_with_carried_state_equals_reading_at_once(cell: str) -> None:
    torch.manual_seed(1)
    network = RecurrentNetwork(RecurrentSettings(cell, 9, embedding=4, hidden=4, layers=2)).eval()
    ids = torch.randint(0, 9, (3, 10))
    whole, _ = network(ids, network.zero_state(3))
    first, state = network(ids[:, :4], network.zero_state(3))
    second, _ = network(ids[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, atol=1e-6, rtol=1e-5)


def test_tied_weights_are_one_parameter_and_dropout_is_off_in_evaluation() -> None:
    torch.manual_seed(2)
    tied = RecurrentNetwork(RecurrentSettings("gru", 50, embedding=8, hidden=8, tied=True, dropout=0.5))
    untied = RecurrentNetwork(RecurrentSettings("gru", 50, embedding=8, hidden=8))
    count = [sum(p.numel() for p in n.parameters()) for n in (tied, untied)]
    assert count[1] - count[0] == 50 * 8
    ids = torch.randint(0, 50, (2, 5))
    state = tied.zero_state(2)
    assert not torch.equal(tied(ids, state)[0], tied(ids, state)[0])
    tied.eval()
    assert torch.equal(tied(ids, state)[0], tied(ids, state)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "qrnn"}, "cell must be one of rnn, gru, lstm, not 'qrnn'"),
        ({"tied": True, "hidden": 3}, "tied weights need equal widths: embedding 200, hidden 3"),
        ({"dropout": 1.0}, "dropout must lie in [0, 1), not 1.0"),
        ({"layers": 0}, "must be at least 1"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        RecurrentSettings(**({"cell": "lstm", "vocab_size": 5} | arguments))  # type: ignore[arg-type]
    assert message in str(error.value)
