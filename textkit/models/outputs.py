"""Output layers: from features to a distribution over V ids.

N predictions, D width of the features, V ids. Targets that are PADDING ask for no prediction.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.fused_cross_entropy import CrossEntropy, smoothed_cross_entropy, target_log_probs
from textkit.models.network import PADDING
from textkit.models.packed import PackedProduct
from textkit.models.workspace import Workspace

_ROWS = 128  # of scores made into log probabilities at once: what needs memory beside the result


class SoftmaxOutput(nn.Module):
    """The exact softmax over all ids: logits = features weight^T + bias.

    `weight` (V, D) is given when it is tied to the embedding (Press and Wolf 2017, arXiv:1608.05859), and
    is made otherwise; `bias` (V,) if it is wanted. The loss is computed without the whole (N, V) matrix
    of logits and, under `torch.autocast`, with its products in bfloat16; scores are always float32.

    >>> output = SoftmaxOutput(5, 2)
    >>> _ = nn.init.zeros_(output.weight)
    >>> output.loss(torch.ones(3, 2), torch.tensor([0, 4, PADDING])).detach()  # log 5
    tensor(1.6094)
    """

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(
        self, vocab_size: int, width: int, *, weight: nn.Parameter | None = None, bias: bool = True
    ) -> None:
        super().__init__()
        if weight is not None and weight.shape != (vocab_size, width):
            raise UsageError(
                f"a tied weight must be of shape ({vocab_size}, {width}), not {tuple(weight.shape)}: "
                "make the embedding as wide as the features"
            )
        self.weight = nn.Parameter(torch.empty(vocab_size, width)) if weight is None else weight
        self.bias = nn.Parameter(torch.zeros(vocab_size)) if bias else None
        self._workspace = Workspace()
        self._packed: PackedProduct | None = None
        if weight is None:
            nn.init.uniform_(self.weight, -(width**-0.5), width**-0.5)

    def loss(self, features: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Mean negative log probability (a scalar) of `targets` (N,) after `features` (N, D)."""
        return self.losses(features, targets, label_smoothing=label_smoothing).loss

    def losses(self, features: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> CrossEntropy:
        """The mean loss to learn from, with label smoothing, and the one in nats without; no more work."""
        features, targets = _without_padding(features, targets)
        return smoothed_cross_entropy(
            features,
            self.weight,
            bias=self.bias,
            targets=targets,
            label_smoothing=label_smoothing,
            workspace=self._workspace,
        )

    @torch.no_grad()
    def log_probs(self, features: Tensor) -> Tensor:
        """Log probabilities (N, V) of all ids, without a graph."""
        with torch.autocast(features.device.type, enabled=False):
            scores = self._scores(features.float())
            for part in torch.split(scores, _ROWS):
                part.copy_(torch.log_softmax(part, dim=-1))
            return scores

    def pack(self) -> None:
        """Compute log probabilities with the weight as it is now, laid out anew (see `models.packed`)."""
        self._packed = PackedProduct(self.weight, self.bias)

    def _scores(self, features: Tensor) -> Tensor:
        if self._packed is None:
            return functional.linear(features, self.weight, self.bias)
        return self._packed(features)

    def target_log_probs(self, features: Tensor, targets: Tensor) -> Tensor:
        """Log probabilities (N,) of `targets` (N,), none of them PADDING; without a graph."""
        return target_log_probs(
            features.float(), self.weight, bias=self.bias, targets=targets, workspace=self._workspace
        )


class AdaptiveOutput(nn.Module):
    """The adaptive softmax (Grave et al. 2017, arXiv:1609.04309): another model, not the exact softmax.

    Ids must stand in order of falling frequency. The first `cutoffs[0]` have logits of their own; the
    others stand in clusters, each with a narrower layer (a fourth of the width, a sixteenth, ...). Its
    losses and those of an exact softmax are of different models: compare them as such. Always float32.

    >>> output = AdaptiveOutput(100, 16, cutoffs=[10, 40])
    >>> output.log_probs(torch.ones(1, 16)).exp().sum().round(decimals=4)
    tensor(1.)
    """

    softmax: nn.AdaptiveLogSoftmaxWithLoss

    def __init__(self, vocab_size: int, width: int, *, cutoffs: Sequence[int] = ()) -> None:
        super().__init__()
        cutoffs = list(cutoffs) or default_cutoffs(vocab_size)
        if cutoffs != sorted(set(cutoffs)) or not 0 < cutoffs[0] <= cutoffs[-1] < vocab_size:
            raise UsageError(f"cutoffs must rise from 1 at least to {vocab_size - 1} at most, not {cutoffs}")
        if width < 4 ** len(cutoffs):
            raise UsageError(
                f"{len(cutoffs)} cutoffs need features at least {4 ** len(cutoffs)} wide, not {width}: "
                "each cluster has a fourth of the width of the one before"
            )
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, vocab_size, cutoffs, head_bias=True)

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log probability (a scalar) of `targets` (N,) after `features` (N, D)."""
        features, targets = _without_padding(features, targets)
        # Clusters without a target are part of the graph too: distributed training waits for each gradient.
        nothing = torch.stack([parameter.flatten()[0] for parameter in self.parameters()]).sum() * 0
        if len(targets) == 0:
            return features.sum() + nothing
        with torch.autocast(features.device.type, enabled=False):  # torch's own fails under it
            return nothing - self._target_log_probs(features.float(), targets).mean()

    @torch.no_grad()
    def log_probs(self, features: Tensor) -> Tensor:
        """Log probabilities (N, V) of all ids, without a graph."""
        with torch.autocast(features.device.type, enabled=False):
            return self.softmax.log_prob(features.float())

    @torch.no_grad()
    def target_log_probs(self, features: Tensor, targets: Tensor) -> Tensor:
        """Log probabilities (N,) of `targets` (N,), none of them PADDING; without a graph."""
        with torch.autocast(features.device.type, enabled=False):
            return self._target_log_probs(features.float(), targets)

    def _target_log_probs(self, features: Tensor, targets: Tensor) -> Tensor:
        scores: Tensor = self.softmax(features, targets).output
        return scores


def default_cutoffs(vocab_size: int) -> list[int]:
    """A head of a tenth of the vocabulary and two clusters up to half of it and up to its end.

    >>> default_cutoffs(30000), default_cutoffs(2)
    ([3000, 15000], [1])
    """
    if vocab_size < 2:
        raise UsageError(f"an adaptive softmax needs at least 2 ids, not {vocab_size}")
    return sorted({max(vocab_size // 10, 1), max(vocab_size // 2, 1)})


def _without_padding(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    real = targets != PADDING
    return (features, targets) if bool(real.all()) else (features[real], targets[real])
