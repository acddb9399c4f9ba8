"""The network as a language model: a distribution, each token scored once, however it is cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textkit.data.encoded import EncodedCorpus
from textkit.lm import neural
from textkit.lm.language_model import language_model_vocab
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.dropout import Dropouts
from textkit.models.network import Network
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings

KINDS = ["rnn", "gru", "lstm", "transformer"]
VOCAB = language_model_vocab(dict.fromkeys("abcdefg", 1))


def network(kind: str) -> Network:
    if kind == "transformer":
        return TransformerNetwork(
            TransformerSettings(len(VOCAB), width=8, layers=2, heads=2, context=6, dropout=0.5)
        )
    return RecurrentNetwork(
        RecurrentSettings(
            kind, len(VOCAB), embedding=8, hidden=8, layers=2, dropouts=Dropouts.everywhere(0.5)
        )
    )


def model(kind: str = "lstm", context: str = "stream") -> NeuralLanguageModel:
    torch.manual_seed(3)
    lm = NeuralLanguageModel(VOCAB, network(kind), context=context)
    for parameter in lm.module.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return lm


def corpus(seed: int = 0, lines: int = 40) -> EncodedCorpus:
    generator = np.random.default_rng(seed)
    return EncodedCorpus.from_sequences(
        [[*generator.integers(2, len(VOCAB), generator.integers(0, 12)).tolist(), 1] for _ in range(lines)]
    )


def stepped(lm: NeuralLanguageModel, ids: list[int]) -> list[float]:
    """Scores of a stream, one step at a time through the StepModel protocol."""
    lm.module.eval()
    state, previous, scores = lm.start(1), 1, []
    for i in ids:
        log_probs, state = lm.step(torch.tensor([previous]), state)
        assert log_probs.exp().sum().item() == pytest.approx(1, abs=1e-5)
        scores.append(log_probs[0, i].item())
        previous = i
    return scores


@pytest.mark.parametrize("kind", KINDS)
def test_stream_scores_equal_single_steps_whatever_the_chunk(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm, text = model(kind), corpus()
    expected = stepped(lm, text.ids.tolist())
    for chunk in (1, 7, 10_000):
        monkeypatch.setattr(neural, "CHUNK", chunk)
        np.testing.assert_allclose(lm.log_probs(text), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_line_scores_begin_anew_and_do_not_depend_on_neighbours(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm, text = model(kind, context="line"), corpus()
    expected = [score for line in text for score in stepped(lm, line.tolist())]
    for budget in (4096, 1, 30):
        monkeypatch.setattr(neural, "LINE_BUDGET", budget)
        np.testing.assert_allclose(lm.log_probs(text), expected, atol=1e-5)


def test_scoring_leaves_the_training_mode_alone_and_drops_nothing() -> None:
    lm, text = model(), corpus()
    lm.module.train()
    first = lm.log_probs(text)
    assert lm.module.training
    np.testing.assert_array_equal(first, lm.log_probs(text))


@pytest.mark.parametrize("kind", KINDS)
def test_reordered_states_follow_their_rows(kind: str) -> None:
    lm = model(kind)
    lm.module.eval()
    _, state = lm.step(torch.tensor([2, 3, 4]), lm.start(3))
    swapped = lm.reorder(state, torch.tensor([2, 0, 0, 1]))
    after, _ = lm.step(torch.tensor([5, 5, 5, 5]), swapped)
    expected, _ = lm.step(torch.tensor([5, 5, 5]), state)
    torch.testing.assert_close(after, expected[[2, 0, 0, 1]])


def test_a_zero_network_is_uniform() -> None:
    lm = model()
    for parameter in lm.module.parameters():
        torch.nn.init.zeros_(parameter)
    np.testing.assert_allclose(np.exp(-lm.log_probs(corpus()).mean()), len(VOCAB), rtol=1e-6)
