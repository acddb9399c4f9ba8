"""The recurrent encoder without packed rows, for programs that have no such thing, ONNX runtimes among them.

B rows, T steps, E width of the inputs, H width of a direction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.encoder import Encoding, RecurrentEncoder
from textkit.models.recurrent_layer import RecurrentLayer, torch_weights


class PaddedEncoder(nn.Module):
    """Reads what a `RecurrentEncoder` reads and gives the same, padding included in the work.

    Forward, what stands beyond a row's end is read after it, and changes nothing before it. Backward,
    each row is turned round within its length, so that the same holds, and the outputs are turned back.
    The LSTM's c of the last step cannot be had in this way; NaN stands in its place. Of the plain RNN
    there is none (torch cannot export it): raises UsageError.

    >>> encoder = RecurrentEncoder("gru", 3, hidden=4).eval()
    >>> x, lengths = torch.randn(2, 5, 3), torch.tensor([5, 2])
    >>> outputs = encoder(x, lengths).outputs
    >>> torch.allclose(PaddedEncoder(encoder)(x, lengths).outputs, outputs, atol=1e-6)
    True
    """

    def __init__(self, encoder: RecurrentEncoder) -> None:
        super().__init__()
        self.ahead, self.back = encoder.ahead, encoder.back
        if any(layer.cell == "rnn" for layer in encoder.ahead):
            raise UsageError("a plain RNN cannot be read without packed rows: train an LSTM or a GRU")

    def forward(self, inputs: Tensor, lengths: Tensor) -> Encoding:
        """Read `inputs` (B, T, E) of which row b has `lengths[b]` real steps, in evaluation mode."""
        steps = torch.arange(inputs.shape[1], device=inputs.device)
        real = steps < lengths[:, None]  # (B, T)
        turned = torch.where(real, lengths[:, None] - 1 - steps, steps)
        last = (lengths - 1)[:, None, None]
        data, state = inputs, []
        for number, ahead in enumerate(self.ahead):
            outputs = [_read(ahead, data)]
            ends = [outputs[0].gather(1, last.expand(-1, -1, outputs[0].shape[2]))[:, 0]]
            if self.back is not None:
                back = _turn(_read(self.back[number], _turn(data, turned)), turned)
                outputs.append(back)
                ends.append(back[:, 0])
            data = torch.cat(outputs, dim=2) * real[..., None]
            end = torch.cat(ends, dim=1)
            state += [end, torch.full_like(end, torch.nan)] if ahead.cell == "lstm" else [end]
        return Encoding(data, tuple(state))


def without_packing(network: nn.Module) -> nn.Module:
    """Put a `PaddedEncoder` in place of each `RecurrentEncoder` in `network`, and give it back."""
    for name, child in network.named_children():
        if isinstance(child, RecurrentEncoder):
            setattr(network, name, PaddedEncoder(child))
        else:
            without_packing(child)
    return network


def _turn(rows: Tensor, places: Tensor) -> Tensor:
    """Step places[b, t] of each row at step t: `rows` (B, T, E), `places` (B, T)."""
    return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))


def _read(layer: nn.Module, inputs: Tensor) -> Tensor:
    """Outputs (B, T, H) of one direction over `inputs` (B, T, E)."""
    assert isinstance(layer, RecurrentLayer)
    first = [part[None] for part in layer.zero_state(inputs.shape[0])]
    flat = torch_weights(layer.weights())
    # Biases, one layer, no dropout, not in training, one direction, rows first.
    if layer.cell == "lstm":
        return torch.lstm(inputs, first, flat, True, 1, 0.0, False, False, True)[0]
    return torch.gru(inputs, first[0], flat, True, 1, 0.0, False, False, True)[0]
