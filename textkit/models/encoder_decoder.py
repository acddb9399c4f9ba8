"""The protocol of networks that read one sequence and write another.

B pairs, S source steps, T target steps, V target ids, D width of the features, R rows that are decoded.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from torch import Tensor

from textkit.models.outputs import SoftmaxOutput
from textkit.models.step_model import StepModel

State = TypeVar("State")


class Source(Protocol):
    """Sources to be translated: row b is the first `lengths[b]` of `ids[b]`, what stands beyond is any id."""

    @property
    def ids(self) -> Tensor:
        """(B, S) int64."""
        ...

    @property
    def lengths(self) -> Tensor:
        """(B,) int64, from 1 to S."""
        ...


class AttendingModel(StepModel[State], Protocol[State]):
    """A step model that says where in the source it looked."""

    def attention(self, state: State) -> Tensor:
        """Weights (R, S) that the last step gave to the steps of each row's source.

        They sum to 1, those of padding are exactly 0, and S stays when sentences are dropped.
        """
        ...


class EncoderDecoder(Protocol):
    """A network for pairs of sequences, an `nn.Module` that is trained through `__call__`.

    Both sides end with the end-of-sentence id; the target is read from that id on, and predicted up to
    it. Padding changes nothing.
    """

    output: SoftmaxOutput

    def __call__(self, source: Source, inputs: Tensor, *, forced: Tensor | None = None) -> Tensor:
        """Features (B, T, D), of which `output` predicts the target, after reading `inputs` (B, T) int64.

        `forced` (B, T) bool says where the decoder reads `inputs`; elsewhere it reads what it would have
        chosen itself (scheduled sampling). None: everywhere. Raises UsageError where that is not possible.
        """
        ...

    def decoding(self, source: Source) -> AttendingModel[Any]:
        """A step model that translates `source`: `start(rows)` wants rows = n B, n rows for each sentence in
        turn. After `reorder` the rows of one sentence must still stand together, as many for each.
        """
        ...
