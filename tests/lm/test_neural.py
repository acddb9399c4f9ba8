"""The network as a language model: a distribution, each token scored once, however it is cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textkit.data.encoded import EncodedCorpus
from textkit.lm import neural
from textkit.lm.language_model import language_model_vocab
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

VOCAB = language_model_vocab(dict.fromkeys("abcdefg", 1))


def model(cell: str = "lstm", context: str = "stream") -> NeuralLanguageModel:
    torch.manual_seed(3)
    network = RecurrentNetwork(
        RecurrentSettings(cell, len(VOCAB), embedding=8, hidden=8, layers=2, dropout=0.5)
    )
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return NeuralLanguageModel(VOCAB, network, context=context)


def corpus(seed: int = 0, lines: int = 40) -> EncodedCorpus:
    generator = np.random.default_rng(seed)
    return EncodedCorpus.from_sequences(
        [[*generator.integers(2, len(VOCAB), generator.integers(0, 12)).tolist(), 1] for _ in range(lines)]
    )


def stepped(lm: NeuralLanguageModel, ids: list[int]) -> list[float]:
    """Scores of a stream, one step at a time through the StepModel protocol."""
    lm.network.eval()
    state, previous, scores = lm.start(1), 1, []
    for i in ids:
        log_probs, state = lm.step(torch.tensor([previous]), state)
        assert log_probs.exp().sum().item() == pytest.approx(1, abs=1e-5)
        scores.append(log_probs[0, i].item())
        previous = i
    return scores


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_stream_scores_equal_single_steps_whatever_the_chunk(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm, text = model(cell), corpus()
    expected = stepped(lm, text.ids.tolist())
    for chunk in (1, 7, 10_000):
        monkeypatch.setattr(neural, "CHUNK", chunk)
        np.testing.assert_allclose(lm.log_probs(text), expected, atol=1e-5)


def test_line_scores_begin_anew_and_do_not_depend_on_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    lm, text = model(context="line"), corpus()
    expected = [score for line in text for score in stepped(lm, line.tolist())]
    for chunk, budget in ((256, 4096), (3, 1), (5, 30)):
        monkeypatch.setattr(neural, "CHUNK", chunk)
        monkeypatch.setattr(neural, "LINE_BUDGET", budget)
        np.testing.assert_allclose(lm.log_probs(text), expected, atol=1e-5)


def test_scoring_leaves_the_training_mode_alone_and_drops_nothing() -> None:
    lm, text = model(), corpus()
    lm.network.train()
    first = lm.log_probs(text)
    assert lm.network.training
    np.testing.assert_array_equal(first, lm.log_probs(text))


def test_reordered_states_follow_their_rows() -> None:
    lm = model()
    lm.network.eval()
    _, state = lm.step(torch.tensor([2, 3, 4]), lm.start(3))
    swapped = lm.reorder(state, torch.tensor([2, 0, 0, 1]))
    after, _ = lm.step(torch.tensor([5, 5, 5, 5]), swapped)
    expected, _ = lm.step(torch.tensor([5, 5, 5]), state)
    torch.testing.assert_close(after, expected[[2, 0, 0, 1]])


def test_a_zero_network_is_uniform() -> None:
    lm = model()
    for parameter in lm.network.parameters():
        torch.nn.init.zeros_(parameter)
    np.testing.assert_allclose(np.exp(-lm.log_probs(corpus()).mean()), len(VOCAB), rtol=1e-6)
