"""The model: scores of text, step by step and whole, lengths matched, tables saved and loaded."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, InputError
from textkit.lm import ngram
from textkit.lm.counts import NgramCounts
from textkit.lm.history import History
from textkit.lm.language_model import LanguageModel
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import SMOOTHINGS, make_smoothing
from textkit.text.vocab import Vocab

V = 6
VOCAB = Vocab(("<unk>", "</s>", "a", "b", "c", "d"), (0,) * V, specials=2)
TEXTS = st.lists(st.lists(st.sampled_from([0, 2, 2, 3, 3, 4, 5]), max_size=8), min_size=1, max_size=8)
TRAIN = [[2, 3, 4], [2, 3], [], [4, 4, 2, 3], [2, 3, 4, 4]]
ALL = list(SMOOTHINGS)


def corpus_of(text: list[list[int]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*sentence, 1] for sentence in text)


def estimate(name: str, text: list[list[int]], order: int) -> NgramModel:
    counts = NgramCounts.count(corpus_of(text), order=order, vocab_size=V)
    return make_smoothing(name).estimate(counts, VOCAB)


def stepped(model: NgramModel, text: list[list[int]]) -> np.ndarray:
    """The log probability of each token, reading one word at a time."""
    scores, state, word = [], model.start(1), 1
    for sentence in text:
        for following in [*sentence, 1]:
            log_probs, state = model.step(torch.tensor([word]), state)
            scores.append(float(log_probs[0, following]))
            word = following
    return np.array(scores)


@pytest.mark.parametrize("name", ALL)
@given(train=TEXTS, text=TEXTS, order=st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_whole_text_scores_equal_steps(
    name: str, train: list[list[int]], text: list[list[int]], order: int
) -> None:
    model = estimate(name, train, order)
    scores = model.log_probs(corpus_of(text))
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, stepped(model, text), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
@pytest.mark.parametrize("name", ["modified-kneser-ney", "add-k", "stupid-backoff"])
def test_scores_do_not_depend_on_the_chunk(name: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus_of([[2, 3, 4, 4, 2, 3, 0, 5], [], [4, 2], [3, 3, 4]])
    model = estimate(name, TRAIN, 4)
    whole, lengths = model.log_probs(text), model.ngram_lengths(text)
    monkeypatch.setattr(ngram, "_CHUNK", chunk)
    assert np.array_equal(model.log_probs(text), whole)
    assert np.array_equal(model.ngram_lengths(text), lengths)


@given(train=TEXTS, text=TEXTS, order=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_lengths_are_of_the_longest_ngram_seen(
    train: list[list[int]], text: list[list[int]], order: int
) -> None:
    seen = set()
    for sentence in train:
        words = [V, *sentence, 1]
        seen |= {tuple(words[i:j]) for j in range(len(words) + 1) for i in range(j) if j - i <= order}
    expected = []
    for sentence in text:
        words = [V, *sentence, 1]
        for j in range(2, len(words) + 1):
            lengths = [j - i for i in range(max(0, j - order), j) if tuple(words[i:j]) in seen]
            expected.append(max(lengths, default=1))
    assert estimate("mle", train, order).ngram_lengths(corpus_of(text)).tolist() == expected


def test_it_is_a_language_model() -> None:
    model: LanguageModel[History] = estimate("kneser-ney", TRAIN, 3)
    assert model.vocab is VOCAB


def test_rows_are_independent_and_states_are_values() -> None:
    model = estimate("modified-kneser-ney", TRAIN, 3)
    begun, state = model.step(torch.tensor([1, 1, 1]), model.start(3))
    mixed, after = model.step(torch.tensor([2, 4, 1]), state)
    again, _ = model.step(torch.tensor([2, 4, 1]), state)
    assert torch.equal(mixed, again)
    for row, word in enumerate([2, 4]):
        alone, _ = model.step(torch.tensor([word]), model.step(torch.tensor([1]), model.start(1))[1])
        assert torch.equal(alone[0], mixed[row])
    assert torch.equal(mixed[2], begun[2])  # the end of a sentence begins the next
    picked = model.reorder(after, torch.tensor([1, 1, 0]))
    assert picked.rows.tolist() == [after.rows[i].tolist() for i in (1, 1, 0)]
    assert len(picked) == 3
    assert mixed.dtype == torch.float32
    assert mixed.shape == (3, V)


def test_a_word_before_any_sentence_has_no_history() -> None:
    model = estimate("modified-kneser-ney", TRAIN, 3)
    log_probs, _ = model.step(torch.tensor([3]), model.start(1))
    within, _ = model.step(torch.tensor([3]), model.step(torch.tensor([5]), model.start(1))[1])
    assert torch.allclose(log_probs, within)  # 5 was never seen, so after "5 3" only 3 counts


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_tables_survive_safetensors_and_json(name: str, order: int) -> None:
    model = estimate(name, TRAIN, order)
    arrays = load(save(model.arrays()))
    restored = NgramModel.from_arrays(VOCAB, arrays, json.loads(json.dumps(model.settings())))
    text = corpus_of([[2, 3, 4, 0], [5, 5, 4]])
    assert np.array_equal(restored.log_probs(text), model.log_probs(text))
    assert restored.settings() == model.settings()
    assert restored.notes == model.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_prob.2": None}, "the n-gram model lacks 'log_prob.2': it is incomplete"),
        ({"keys.3": None}, "the n-gram model lacks 'keys.3'"),
        ({"keys.2": np.array([9, 8, 7])}, "damaged: the keys of order 2 are out of order or range"),
        ({"keys.2": np.arange(50, 60)}, "damaged: the keys of order 2 are out of order or range"),
        ({"log_prob.1": np.zeros(3)}, "damaged: order 1 has 7 n-grams but another number of prob"),
        ({"log_backoff.2": np.zeros(3)}, "damaged: order 2 has .* another number of probabilities or back"),
    ],
)
def test_damaged_tables_are_refused(change: dict[str, np.ndarray | None], message: str) -> None:
    model = estimate("kneser-ney", TRAIN, 3)
    arrays = {k: v for k, v in (model.arrays() | change).items() if v is not None}
    with pytest.raises(CheckpointError, match=message):
        NgramModel.from_arrays(VOCAB, arrays, model.settings())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": None}, "the n-gram model lacks 'order': it is incomplete"),
        ({"order": "three"}, "the n-gram model's settings are damaged: invalid literal for int"),
        ({"order": 0}, "the n-gram model is damaged: it has no order"),
        ({"order": 4}, "the n-gram model lacks 'keys.4'"),
    ],
)
def test_damaged_settings_are_refused(change: dict[str, object], message: str) -> None:
    model = estimate("kneser-ney", TRAIN, 3)
    settings = {k: v for k, v in (model.settings() | change).items() if v is not None}
    with pytest.raises(CheckpointError, match=message):
        NgramModel.from_arrays(VOCAB, model.arrays(), settings)


def test_ids_outside_the_vocabulary_are_refused() -> None:
    with pytest.raises(InputError, match="ids run from 0 to 5 in this vocabulary, not 6"):
        estimate("mle", TRAIN, 2).log_probs(EncodedCorpus.from_sequences([[6, 1]]))


def test_no_text_has_no_scores() -> None:
    model, empty = estimate("mle", TRAIN, 3), EncodedCorpus.from_sequences([])
    assert model.log_probs(empty).shape == model.ngram_lengths(empty).shape == (0,)


def test_text_of_blank_lines_only() -> None:
    model = estimate("modified-kneser-ney", [[], []], 5)
    assert np.exp(model.log_probs(corpus_of([[]]))) > 0.5
    assert np.exp(model.log_probs(corpus_of([[2, 3, 4]]))).max() < 1
