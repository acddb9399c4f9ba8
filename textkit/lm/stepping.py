"""A network made ready to be asked one token at a time, as generation does."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.models.network import Network, State, select
from textkit.models.outputs import SoftmaxOutput


class SteppingNetwork:
    """A step model over a network, which is put into eval mode; a step takes less time than `network` would.

    At few rows most of a step is reading the output weights (V, D), and on a CPU a product with them as they
    lie reads them several times slower than one with a transposed copy (D, V), which is made here: it
    takes V times D floats. The copy does not follow later training.
    """

    def __init__(self, network: Network) -> None:
        assert isinstance(network, nn.Module)
        self._network = network.eval()
        self._device = next(network.parameters()).device
        self._transposed: Tensor | None = None
        if isinstance(network.output, SoftmaxOutput) and self._device.type == "cpu":
            self._transposed = network.output.weight.detach().T.contiguous()  # (D, V)

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def start(self, rows: int) -> State:
        """The state before anything was read."""
        return self._network.zero_state(rows)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `ids` (R,); log probabilities (R, V) of what follows, and the state."""
        return self.read(ids[:, None], state)

    def read(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `ids` (R, T); log probabilities (R, V) of what follows the last, and the state."""
        with torch.inference_mode():
            reading = self._network.read(ids.to(self._device), state)
            return self._log_probs(reading.features[:, -1]), reading.state

    def reorder(self, state: State, rows: Tensor) -> State:
        """The state whose row i is the old row `rows[i]`."""
        return select(state, rows.to(self._device))

    def _log_probs(self, features: Tensor) -> Tensor:
        """Log probabilities (R, V) after `features` (R, D)."""
        output = self._network.output
        if self._transposed is None:
            return output.log_probs(features)
        assert isinstance(output, SoftmaxOutput)
        assert output.bias is not None
        return torch.log_softmax(torch.addmm(output.bias, features, self._transposed), dim=-1)


class SteppingLines:
    """The same for a network of context "line": a row that reads the id `end` begins anew.

    Each row has a state of its own, (1, ...) a part, since lines are of different lengths, which the states
    of Transformers show; rows whose states are of the same shape are read together.
    """

    def __init__(self, steps: SteppingNetwork, *, end: int) -> None:
        self._steps, self._end = steps, end
        self._nothing = steps.start(1)

    def start(self, rows: int) -> tuple[State, ...]:
        """The state before anything was read."""
        return (self._nothing,) * rows

    def step(self, ids: Tensor, state: tuple[State, ...]) -> tuple[Tensor, tuple[State, ...]]:
        """Read `ids` (R,); log probabilities (R, V) of what follows, and the state."""
        pairs = zip(ids.tolist(), state, strict=True)
        states = [self._nothing if i == self._end else own for i, own in pairs]
        alike: dict[tuple[torch.Size, ...], list[int]] = {}
        for row, own in enumerate(states):
            alike.setdefault(tuple(part.shape for part in own), []).append(row)
        found: list[Tensor] = []
        for rows in alike.values():
            parts = zip(*(states[row] for row in rows), strict=True)
            log_probs, after = self._steps.step(ids[rows], tuple(torch.cat(part) for part in parts))
            found.append(log_probs)
            for place, row in enumerate(rows):
                states[row] = tuple(part[place : place + 1] for part in after)
        places = torch.tensor([row for rows in alike.values() for row in rows]).argsort()
        return torch.cat(found)[places], tuple(states)

    def read(self, ids: Tensor, state: tuple[State, ...]) -> tuple[Tensor, tuple[State, ...]]:
        """Read `ids` (R, T), of which only the last line counts; the same of what follows the last."""
        found: list[Tensor] = []
        states: list[State] = []
        for row, own in zip(ids, state, strict=True):
            ends = (row == self._end).nonzero()
            begin, before = (int(ends[-1]), self._nothing) if len(ends) else (0, own)
            log_probs, after = self._steps.read(row[None, begin:], before)
            found.append(log_probs)
            states.append(after)
        return torch.cat(found), tuple(states)

    def reorder(self, state: tuple[State, ...], rows: Tensor) -> tuple[State, ...]:
        """The state whose row i is the old row `rows[i]`."""
        return tuple(state[row] for row in rows.tolist())
