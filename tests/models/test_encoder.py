"""The recurrent encoder against torch's modules on packed sequences."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textkit.errors import UsageError
from textkit.models.encoder import RecurrentEncoder

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
BACKENDS = ["torch", "scratch"]
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
LENGTHS = torch.tensor([3, 7, 1, 7, 5])


def like(module: nn.RNNBase, cell: str, backend: str) -> tuple[RecurrentEncoder, list[tuple[str, str]]]:
    """An encoder with the module's weights, and the pairs of parameter names."""
    encoder = RecurrentEncoder(
        cell,
        module.input_size,
        hidden=module.hidden_size,
        layers=module.num_layers,
        bidirectional=module.bidirectional,
        backend=backend,
    )
    names = [
        (f"{stack}.{number}.{name}", f"{name}_l{number}{suffix}")
        for stack, suffix in (("ahead", ""), ("back", "_reverse"))[: 1 + module.bidirectional]
        for number in range(module.num_layers)
        for name in NAMES
    ]
    encoder.load_state_dict({ours: getattr(module, theirs) for ours, theirs in names})
    return encoder, names


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", MODULES)
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("both", [True, False])
def test_it_equals_torchs_packed_module_forward_and_backward(
    cell: str, backend: str, depth: int, both: bool
) -> None:
    torch.manual_seed(0)
    module = MODULES[cell](4, 6, num_layers=depth, bidirectional=both, batch_first=True)
    encoder, names = like(module, cell, backend)
    inputs = torch.randn(5, 9, 4, requires_grad=True)  # two steps longer than any row
    outputs, state = encoder(inputs, LENGTHS)
    packed, last = module(pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False))
    wanted, _ = pad_packed_sequence(packed, batch_first=True, total_length=9)
    torch.testing.assert_close(outputs, wanted, atol=1e-5, rtol=1e-5)
    lasts = last if cell == "lstm" else (last,)
    # torch: (layers*2, B, H) for each part; here: per layer and part (B, 2H).
    layers = [part.split(1 + both) for part in lasts]
    flat = [torch.cat(list(part[at]), dim=1) for at in range(depth) for part in layers]
    assert len(flat) == len(state)
    for got, want in zip(state, flat, strict=True):
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)
    weight = torch.randn_like(wanted)
    ours = [inputs, *(encoder.get_parameter(name) for name, _ in names)]
    theirs = [inputs, *(module.get_parameter(name) for _, name in names)]
    gradients = torch.autograd.grad((outputs * weight).sum() + sum(p.sum() for p in state), ours)
    expected = torch.autograd.grad((wanted * weight).sum() + sum(p.sum() for p in flat), theirs)
    for got, want in zip(gradients, expected, strict=True):
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_padding_changes_nothing(backend: str) -> None:
    torch.manual_seed(1)
    encoder = RecurrentEncoder("lstm", 3, hidden=4, layers=2, backend=backend).eval()
    inputs = torch.randn(5, 7, 3)
    outputs, state = encoder(inputs, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, own = encoder(inputs[row : row + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(outputs[row : row + 1, :length], alone, atol=1e-6, rtol=1e-5)
        assert not outputs[row, length:].any()
        for part, wanted in zip(state, own, strict=True):
            torch.testing.assert_close(part[row : row + 1], wanted, atol=1e-6, rtol=1e-5)
    beyond = torch.arange(7) >= LENGTHS[:, None]
    noisy, _ = encoder(inputs.masked_fill(beyond[..., None], 1e6), LENGTHS)
    assert torch.equal(noisy, outputs)


@pytest.mark.parametrize("backend", BACKENDS)
def test_both_kinds_of_dropout_act_in_training_only(backend: str) -> None:
    torch.manual_seed(2)
    inputs, lengths = torch.randn(5, 7, 3), LENGTHS
    for options in ({"dropout": 0.5}, {"weight_drop": 0.5}):
        encoder = RecurrentEncoder("gru", 3, hidden=8, layers=2, backend=backend, **options)
        assert not torch.equal(encoder(inputs, lengths).outputs, encoder(inputs, lengths).outputs)
        encoder.eval()
        assert torch.equal(encoder(inputs, lengths).outputs, encoder(inputs, lengths).outputs)


@pytest.mark.parametrize("lengths", [[2, 0], [2, 6], []])
def test_lengths_that_cannot_be_are_refused(lengths: list[int]) -> None:
    encoder = RecurrentEncoder("rnn", 3, hidden=4)
    with pytest.raises(UsageError, match="rows to encode must have between 1 and 5 steps each"):
        encoder(torch.zeros(len(lengths), 5, 3), torch.tensor(lengths, dtype=torch.long))


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="an encoder needs at least 1 layer, not 0"):
        RecurrentEncoder("rnn", 3, hidden=4, layers=0)
    with pytest.raises(UsageError, match=r"dropout must lie in \[0, 1\), not 1"):
        RecurrentEncoder("rnn", 3, hidden=4, dropout=1)
