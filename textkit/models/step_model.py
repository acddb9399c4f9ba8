"""The protocol that decoding is written against: one step at a time, with an explicit state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

State = TypeVar("State")


class StepModel(Protocol[State]):
    """Anything that gives the distribution of the next id: n-gram, RNN, Transformer, encoder-decoder.

    R rows (samples or beams) advance together; V ids. States are values: `step` and `reorder` return
    new ones and leave the old usable.
    """

    def start(self, rows: int) -> State:
        """The state before anything was read."""
        ...

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `ids` (R,) int64 and give natural log probabilities (R, V) of what follows.

        A language model reads the end-of-sentence id first: it stands for the line's beginning.
        """
        ...

    def reorder(self, state: State, rows: Tensor) -> State:
        """The state whose row i is the old row `rows[i]`; `rows` (R',) int64 may repeat and drop rows."""
        ...
