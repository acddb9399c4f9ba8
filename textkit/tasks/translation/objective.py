"""The objective of a translator: predict each target token from the source and the target so far."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from textkit.data.pair_batches import PairBatch
from textkit.models.encoder_decoder import EncoderDecoder
from textkit.models.precision import Precision
from textkit.tasks.translation.source_batch import SourceBatch


class TranslationLoss(nn.Module):
    """Reads a batch and gives its mean loss: what runs forward in training.

    With `smoothing` the loss to learn from gives that much of the probability to all ids alike (Szegedy et
    al. 2016, arXiv:1512.00567, section 7).
    """

    def __init__(self, network: EncoderDecoder, *, smoothing: float = 0.0) -> None:
        super().__init__()
        self.network = cast(nn.Module, network)
        self.smoothing = smoothing

    def forward(
        self, source: Tensor, lengths: Tensor, inputs: Tensor, targets: Tensor, forced: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """`source` (B, S), `lengths` (B,), `inputs`, `targets` and `forced` (B, T); gives the loss to learn
        from, and the mean negative log probability of a target.
        """
        network = cast(EncoderDecoder, self.network)
        features = network(SourceBatch(source, lengths), inputs, forced=forced).flatten(0, 1)
        loss, nats = network.output.losses(features, targets.flatten(), label_smoothing=self.smoothing)
        return loss, nats


class Translating:
    """The loss of a translation, an `Objective`; nothing is carried from batch to batch.

    `module` is a `TranslationLoss`, which may be wrapped. With `teacher_forcing` below 1 the decoder reads
    what it would have chosen itself as often as that says (Bengio et al. 2015, arXiv:1506.03099), by
    torch's generator.
    """

    def __init__(
        self, module: nn.Module, *, device: torch.device, precision: Precision, teacher_forcing: float = 1.0
    ) -> None:
        self.module = module
        self.device, self.precision, self.teacher_forcing = device, precision, teacher_forcing

    def __call__(self, batch: PairBatch) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from, the mean loss of a target token (nats), and their number."""
        source, lengths, inputs, targets = (torch.from_numpy(array).to(self.device) for array in batch[:4])
        forced = None
        if self.teacher_forcing < 1:
            forced = torch.rand(inputs.shape, device=self.device) < self.teacher_forcing
            forced[:, 0] = True  # nothing was chosen before the first
        with self.precision.autocast():
            loss, entropy = self.module(source, lengths, inputs, targets, forced)
        return loss, entropy, batch.predictions

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing."""
