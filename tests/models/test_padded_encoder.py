"""The encoder without packed rows gives what the packed one gives, and becomes ONNX."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.errors import UsageError
from textkit.models.encoder import RecurrentEncoder
from textkit.models.graph.onnx_graph import export
from textkit.models.padded_encoder import PaddedEncoder, without_packing
from textkit.models.text_classifiers.recurrent import RecurrentClassifier


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_it_gives_what_the_packed_encoder_gives(cell: str, bidirectional: bool) -> None:
    torch.manual_seed(1)
    encoder = RecurrentEncoder(cell, 3, hidden=4, layers=2, bidirectional=bidirectional, backend="scratch")  # type: ignore[arg-type]
    inputs, lengths = torch.randn(4, 6, 3), torch.tensor([6, 1, 3, 5])
    with torch.no_grad():
        wanted, found = encoder.eval()(inputs, lengths), PaddedEncoder(encoder)(inputs, lengths)
    torch.testing.assert_close(found.outputs, wanted.outputs, atol=1e-6, rtol=1e-5)
    for place, (own, other) in enumerate(zip(found.state, wanted.state, strict=True)):
        if cell == "lstm" and place % 2:
            assert own.isnan().all()
        else:
            torch.testing.assert_close(own, other, atol=1e-6, rtol=1e-5)


def test_a_plain_rnn_is_refused_and_other_modules_stay() -> None:
    with pytest.raises(UsageError, match="a plain RNN cannot be read without packed rows: train an LSTM"):
        PaddedEncoder(RecurrentEncoder("rnn", 3, hidden=4))
    linear = nn.Linear(2, 2)
    network = without_packing(nn.Sequential(linear, nn.Sequential(RecurrentEncoder("gru", 3, hidden=4))))
    assert network[0] is linear  # type: ignore[index]
    assert isinstance(network[1][0], PaddedEncoder)  # type: ignore[index]


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "pooling"), [("lstm", "last"), ("gru", "attention")])
def test_recurrent_classifiers_become_onnx(cell: str, pooling: str) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    torch.manual_seed(1)
    network = RecurrentClassifier(10, 4, classes=3, hidden=5, cell=cell, pooling=pooling)  # type: ignore[arg-type]
    example = [torch.randint(10, (2, 7)), torch.tensor([7, 4])]
    other = [torch.randint(10, (4, 9)), torch.tensor([2, 9, 1, 5])]
    with torch.no_grad():
        wanted = network.eval()(*other)
        torch.testing.assert_close(without_packing(network)(*other), wanted, atol=1e-6, rtol=1e-5)
    _, worst = export(network, example, names=["ids", "lengths"], others=[other])
    assert worst < 1e-5
