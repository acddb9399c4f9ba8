"""Dynamic evaluation: nothing is learnt from a token before it is scored, and the model stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.dynamic_evaluation import DynamicEvaluation, gradient_scales
from textkit.lm.language_model import language_model_vocab
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings

VOCAB = language_model_vocab(dict.fromkeys("abcdefg", 1))
KINDS = ("gru", "lstm", "transformer")


def model(kind: str = "lstm", *, tied: bool = True, context: str = "stream") -> NeuralLanguageModel:
    torch.manual_seed(3)
    network: torch.nn.Module
    if kind == "transformer":
        network = TransformerNetwork(
            TransformerSettings(len(VOCAB), width=8, layers=2, heads=2, context=6, dropout=0.5, tied=tied)
        )
    else:
        network = RecurrentNetwork(
            RecurrentSettings(kind, len(VOCAB), embedding=8, hidden=8, layers=2, tied=tied)
        )
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return NeuralLanguageModel(VOCAB, network.eval(), context=context)


def corpus(seed: int = 0, lines: int = 12) -> EncodedCorpus:
    generator = np.random.default_rng(seed)
    return EncodedCorpus.from_sequences(
        [[*generator.integers(2, len(VOCAB), generator.integers(0, 9)).tolist(), 1] for _ in range(lines)]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_rate_it_is_plain_scoring(kind: str) -> None:
    lm, text = model(kind), corpus()
    scales = gradient_scales(lm, corpus(1))
    for more in ({}, {"decay": 0.5}, {"scales": scales}, {"decay": 0.1, "scales": scales}, {"steps": 1}):
        np.testing.assert_allclose(
            DynamicEvaluation(lm, 0.0, **more).log_probs(text), lm.log_probs(text), atol=1e-5
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 4])
def test_a_later_token_never_changes_earlier_scores(kind: str, steps: int) -> None:
    text = corpus()
    dynamic = DynamicEvaluation(model(kind), 0.5, steps=steps)
    first = dynamic.log_probs(text)
    for place in (5, 17, len(text.ids) - 1):
        ids = text.ids.copy()
        ids[place] = 2 if ids[place] != 2 else 3
        changed = dynamic.log_probs(EncodedCorpus(ids, text.offsets))
        np.testing.assert_array_equal(changed[:place], first[:place])
        assert changed[place] != first[place]
        cut = EncodedCorpus(text.ids[:place], np.array([0, place]))
        np.testing.assert_allclose(dynamic.log_probs(cut), first[:place], atol=1e-5)


def written_out(lm: NeuralLanguageModel, text: EncodedCorpus, *, steps: int, rate: float, decay: float,
                scales: dict[str, torch.Tensor] | None) -> list[float]:  # fmt: skip
    """The paper's two updates with autograd through log-softmax, one segment after the other."""
    network = model("lstm", tied=False).network
    weights = dict(network.named_parameters())
    trained = {name: weight.detach().clone() for name, weight in weights.items()}
    ids, state, scores = torch.tensor([1, *text.ids.tolist()]), network.zero_state(1), []
    mean = None if scales is None else torch.cat([s.flatten() for s in scales.values()]).mean()
    for begin in range(0, len(ids) - 1, steps):
        inputs, targets = ids[begin : begin + steps], ids[begin + 1 : begin + steps + 1]
        reading = network.read(inputs[None, : len(targets)], state)
        state = tuple(part.detach() for part in reading.state)
        logits = functional.linear(reading.features[0], weights["output.weight"], weights["output.bias"])
        losses = functional.cross_entropy(logits, targets, reduction="none")
        scores += (-losses).tolist()
        gradients = torch.autograd.grad(losses.mean(), list(weights.values()), allow_unused=True)
        with torch.no_grad():
            for (name, weight), gradient in zip(weights.items(), gradients, strict=True):
                step = torch.zeros_like(weight) if gradient is None else gradient
                pull = torch.tensor(decay)
                if scales is not None:
                    step = step / (scales[name] + 1e-5)
                    pull = torch.clamp(decay * scales[name] / mean, max=1.0)
                weight += -rate * step + pull * (trained[name] - weight)
    return scores


@pytest.mark.parametrize("steps", [3, 5])
@pytest.mark.parametrize("decay", [0.0, 0.2])
@pytest.mark.parametrize("rms", [False, True])
def test_updates_are_the_papers(steps: int, decay: float, rms: bool) -> None:
    lm, text = model("lstm", tied=False), corpus()
    scales = gradient_scales(lm, corpus(1)) if rms else None
    rate = 0.002 if rms else 0.3
    dynamic = DynamicEvaluation(lm, rate, steps=steps, decay=decay, scales=scales)
    expected = written_out(lm, text, steps=steps, rate=rate, decay=decay, scales=scales)
    np.testing.assert_allclose(dynamic.log_probs(text), expected, atol=2e-4)
    assert np.abs(dynamic.log_probs(text) - lm.log_probs(text)).max() > 0.01


def test_row_sparse_gradients_are_learnt_from_alike() -> None:
    dense, text = model("lstm", tied=False), corpus()
    sparse = model("lstm", tied=False)
    sparse.module.get_submodule("embedding").sparse = True  # type: ignore[assignment]
    scales, others = gradient_scales(dense, text), gradient_scales(sparse, text)
    for name, scale in scales.items():
        torch.testing.assert_close(scale, others[name])
    for more in ({"rate": 0.5, "decay": 0.1}, {"rate": 0.002, "decay": 0.1, "scales": scales}):
        np.testing.assert_allclose(
            DynamicEvaluation(sparse, **more).log_probs(text),
            DynamicEvaluation(dense, **more).log_probs(text),
            atol=1e-5,
        )


def test_scales_are_root_mean_squares_of_the_segments_gradients() -> None:
    lm, text = model("lstm", tied=False), corpus()
    scales = gradient_scales(lm, text, steps=4, tokens=20)
    squares = {name: torch.zeros_like(weight) for name, weight in lm.module.named_parameters()}
    ids, state = torch.tensor([1, *text.ids.tolist()]), lm.network.zero_state(1)
    for begin in range(0, 20, 4):
        reading = lm.network.read(ids[None, begin : begin + 4], state)
        state = tuple(part.detach() for part in reading.state)
        lm.module.zero_grad()
        lm.network.output.loss(reading.features[0], ids[begin + 1 : begin + 5]).backward()
        for name, weight in lm.module.named_parameters():
            squares[name] += weight.grad**2
    for name, scale in scales.items():
        torch.testing.assert_close(scale, (squares[name] / 5).sqrt())


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_itself_never_changes_and_every_text_begins_anew(kind: str) -> None:
    lm, text = model(kind), corpus()
    before = {name: weight.clone() for name, weight in lm.module.named_parameters()}
    dynamic = DynamicEvaluation(lm, 0.5, decay=0.01)
    first = dynamic.log_probs(text)
    np.testing.assert_array_equal(first, dynamic.log_probs(text))
    for name, weight in lm.module.named_parameters():
        assert torch.equal(weight, before[name])
        assert weight.grad is None


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_repeats_and_the_tuned_rate_is_best(kind: str) -> None:
    lm = model(kind)
    text = EncodedCorpus.from_sequences([[3, 4, 3, 4, 3, 1]] * 30)
    dynamic = DynamicEvaluation(lm, 0.1)
    tuned = dynamic.tuned(text)
    best = tuned.log_probs(text).mean()
    assert best > lm.log_probs(text).mean() + 0.3
    assert best >= dynamic.log_probs(text).mean()
    assert tuned.rate in (0.1, 0.3, 1.0)


@pytest.mark.parametrize("rate", [1e38, 1e12])  # what is no number, and what is hardly one
def test_a_rate_that_diverges_is_told_and_never_tuned_to(rate: float) -> None:
    lm = model()
    wild = DynamicEvaluation(lm, rate)
    with pytest.raises(
        UsageError, match=r"at the rate 1e\+\d\d has diverged at token \d+; take a lower rate"
    ):
        wild.log_probs(corpus())
    assert wild.tuned(corpus()).rate == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": -1.0}, "the rate of dynamic evaluation must lie between 0 and 1e38, not -1.0"),
        ({"rate": float("nan")}, "the rate of dynamic evaluation must lie between 0 and 1e38, not nan"),
        ({"rate": 1.0, "steps": 0}, "a segment of dynamic evaluation has at least 1 token, not 0"),
        ({"rate": 1.0, "decay": 2.0}, "the decay of dynamic evaluation must lie between 0 and 1, not 2.0"),
    ],
)
def test_settings_out_of_range(settings: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DynamicEvaluation(model(), **settings)
    with pytest.raises(UsageError, match="it needs the context 'stream', not 'line'"):
        DynamicEvaluation(model(context="line"), 0.1)
    with pytest.raises(InputError, match="there is no training text to measure gradients on"):
        gradient_scales(model(), EncodedCorpus.from_sequences([]))
