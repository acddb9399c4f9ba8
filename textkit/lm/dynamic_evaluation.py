"""Dynamic evaluation: a copy of the network goes on learning from the text it scores.

Krause et al. 2018, Dynamic Evaluation of Neural Sequence Models, arXiv:1709.07432.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.language_model import END
from textkit.lm.neural import NeuralLanguageModel, stream
from textkit.models.network import Network, detach
from textkit.text.vocab import Vocab

Floats = npt.NDArray[np.float64]

STEPS = 5  # tokens of a segment: the paper's for words; it takes 20 for characters
FACTORS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)  # of the rate, what `tuned` tries
LOST = -10_000.0  # nats; a working model gives every token more
_HIGHEST = 1e38  # of rates; float32 ends there
_TINY = 1e-5  # beside root mean squares, the paper's epsilon


@dataclass(frozen=True, eq=False)
class DynamicEvaluation:
    """Scores a text segment by segment, each before a gradient step on it.

    For each segment of `steps` tokens: its log probabilities; then, with g the gradient of its mean
    loss, w a weight of a private copy and w0 the trained one,

        w  <-  w - rate g + decay (w0 - w)                                          plain
        w  <-  w - rate g / (s + 1e-5) + min(decay s / mean(s), 1) (w0 - w)         with `scales` s

    s being the root mean square of g over the training text (`gradient_scales`), mean(s) over all
    weights: sections 3 and 4 of the paper. Every token is scored before anything is learnt from it,
    and each text is scored from the trained weights; the model itself never changes. Dropout is off.

    Raises UsageError for settings out of range and for a model that scores lines apart.
    """

    model: NeuralLanguageModel
    rate: float
    steps: int = STEPS
    decay: float = 0.0
    scales: Mapping[str, Tensor] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= _HIGHEST:
            raise UsageError(f"the rate of dynamic evaluation must lie between 0 and 1e38, not {self.rate}")
        if self.steps < 1:
            raise UsageError(f"a segment of dynamic evaluation has at least 1 token, not {self.steps}")
        if not 0 <= self.decay <= 1:
            raise UsageError(f"the decay of dynamic evaluation must lie between 0 and 1, not {self.decay}")
        if self.model.context != "stream":
            raise UsageError(
                "dynamic evaluation learns across lines: it needs the context 'stream', not 'line'"
            )

    @property
    def vocab(self) -> Vocab:
        """The ids this model speaks of."""
        return self.model.vocab

    @property
    def context(self) -> Literal["stream"]:
        """A text is read as one stream."""
        return "stream"

    def tuned(self, corpus: EncodedCorpus, *, factors: Sequence[float] = FACTORS) -> DynamicEvaluation:
        """The same with the one of the rates `factors` times `rate` that foresees `corpus` best."""
        rates = [round(min(factor * self.rate, _HIGHEST), 12) for factor in factors]
        tried = [replace(self, rate=rate) for rate in rates]
        means = [float(each._scores(corpus).mean()) for each in tried]
        return tried[int(np.argmax(np.nan_to_num(means, nan=-np.inf)))]

    def log_probs(self, corpus: EncodedCorpus) -> Floats:
        """The natural log probability of every token of `corpus`, (N,).

        Raises UsageError when the rate is so large that the weights are lost: a token has less than
        exp(-10,000), or nothing that is a number.
        """
        result = self._scores(corpus)
        lost = np.flatnonzero(~(result > LOST))
        if len(lost):
            raise UsageError(
                f"dynamic evaluation at the rate {self.rate:g} has diverged at token {lost[0] + 1}; "
                "take a lower rate"
            )
        return result

    def _scores(self, corpus: EncodedCorpus) -> Floats:
        network = copy.deepcopy(self.model.network)
        module = cast(nn.Module, network).eval()
        trained = {name: weight.detach().clone() for name, weight in module.named_parameters()}
        pulls = self._pulls(trained)
        result = np.empty(len(corpus.ids))
        for begin, log_probs in self._segments(network, corpus):
            result[begin : begin + len(log_probs)] = log_probs.double().cpu().numpy()
            self._learn(module, trained, pulls)
        return result

    def _segments(self, network: Network, corpus: EncodedCorpus) -> Iterator[tuple[int, Tensor]]:
        """Where each segment begins and its log probabilities; its gradients are in place when it comes."""
        ids = torch.from_numpy(stream(corpus, self.vocab.id(END)).astype(np.int64)).to(self.model.device)
        state = network.zero_state(1)
        for begin in range(0, len(corpus.ids), self.steps):
            segment = ids[begin : begin + self.steps + 1]
            with torch.enable_grad(), _differentiable():
                reading = network.read(segment[None, :-1], state)
                features = reading.features[0]
                with torch.no_grad():
                    log_probs = network.output.target_log_probs(features, segment[1:])
                network.output.loss(features, segment[1:]).backward()  # type: ignore[no-untyped-call]
            state = detach(reading.state)
            yield begin, log_probs

    def _pulls(self, trained: Mapping[str, Tensor]) -> Mapping[str, Tensor | float]:
        """How strongly each weight is drawn back towards the trained one."""
        if self.scales is None:
            return dict.fromkeys(trained, self.decay)
        entries = sum(scale.numel() for scale in self.scales.values())
        mean = sum(float(scale.double().sum()) for scale in self.scales.values()) / entries
        return {
            name: (self.decay * scale / max(mean, _TINY)).clamp(max=1.0)
            for name, scale in self.scales.items()
        }

    @torch.no_grad()
    def _learn(
        self, module: nn.Module, trained: Mapping[str, Tensor], pulls: Mapping[str, Tensor | float]
    ) -> None:
        """One step on the gradients in place, which are then cleared."""
        for name, weight in module.named_parameters():
            gradient, weight.grad = weight.grad, None
            if self.decay:
                weight.lerp_(trained[name], pulls[name])
            if gradient is None:
                continue
            if self.scales is not None:
                gradient = _dense(gradient) / (self.scales[name] + _TINY)
            weight.add_(gradient, alpha=-self.rate)


def gradient_scales(
    model: NeuralLanguageModel, corpus: EncodedCorpus, *, steps: int = STEPS, tokens: int = 20_000
) -> dict[str, Tensor]:
    """The root mean square of each weight's gradient over segments of the training text, by name.

    Segments of `steps` tokens, read on one after the other from the beginning, `tokens` in all at most
    (the text's if fewer); equation (4) of the paper, a mean over minibatches. Raises InputError for an
    empty text.
    """
    if not len(corpus.ids):
        raise InputError("there is no training text to measure gradients on")
    still = DynamicEvaluation(model, 0.0, steps=steps)
    network = copy.deepcopy(model.network)
    module = cast(nn.Module, network).eval()
    sums = {name: torch.zeros_like(weight) for name, weight in module.named_parameters()}
    part = EncodedCorpus(corpus.ids[:tokens], np.array([0, min(tokens, len(corpus.ids))]))
    count = 0
    for _ in still._segments(network, part):
        for name, weight in module.named_parameters():
            if weight.grad is not None:
                sums[name] += _dense(weight.grad).square()
                weight.grad = None
        count += 1
    return {name: (total / count).sqrt() for name, total in sums.items()}


def _dense(gradient: Tensor) -> Tensor:
    """A row-sparse gradient, as an embedding may have, written out."""
    return gradient.to_dense() if gradient.is_sparse else gradient


def _differentiable() -> contextlib.AbstractContextManager[None]:
    """cuDNN's recurrent layers give gradients in training mode alone, and dropout is to be off."""
    if not torch.cuda.is_available():
        return contextlib.nullcontext()
    return cast("contextlib.AbstractContextManager[None]", torch.backends.cudnn.flags(enabled=False))
