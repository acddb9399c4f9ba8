"""What every network over ids is to the rest of the library: a reader of ids and an output layer.

B rows, T steps, N predictions, D width of the features, V ids.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor

# What a network remembers: any tensors whose first dimension is the row, so that one way to select, detach
# and save holds for recurrent states and key-value caches alike. A value: reading makes a new one.
State = tuple[Tensor, ...]

PADDING = -1  # as a target: nothing is to be predicted here


class Reading(NamedTuple):
    """What a network makes of ids: `features` (B, T, D) for the output layer and the `state` afterwards.

    `raw` (B, T, D) are the features before their dropout, which activation regularisation looks at.
    """

    features: Tensor
    raw: Tensor
    state: State


class OutputLayer(Protocol):
    """From features to distributions over V ids; natural logarithms, float32."""

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log probability (a scalar) of `targets` (N,) int64 after `features` (N, D)."""
        ...

    def log_probs(self, features: Tensor) -> Tensor:
        """Log probabilities (N, V) of all ids."""
        ...

    def target_log_probs(self, features: Tensor, targets: Tensor) -> Tensor:
        """Log probabilities (N,) of `targets` alone."""
        ...


class Network(Protocol):
    """A `torch.nn.Module` that reads ids, keeping a state, and predicts what follows each.

    `carries` says whether training carries the state from a window to the next one of the same row.
    """

    carries: bool

    @property
    def output(self) -> OutputLayer:
        """The output layer."""
        ...

    def zero_state(self, rows: int) -> State:
        """The state of `rows` rows before anything was read."""
        ...

    def read(self, ids: Tensor, state: State) -> Reading:
        """Read `ids` (B, T) int64 from `state` on."""
        ...


def select(state: State, rows: Tensor) -> State:
    """The state whose row i is the old row `rows[i]`; `rows` (R,) int64 may repeat and drop rows.

    >>> import torch
    >>> select((torch.tensor([[1.0], [2.0]]),), torch.tensor([1, 1]))[0].tolist()
    [[2.0], [2.0]]
    """
    return tuple(part.index_select(0, rows) for part in state)


def detach(state: State) -> State:
    """The same values, without their history: gradients stop here."""
    return tuple(part.detach() for part in state)
