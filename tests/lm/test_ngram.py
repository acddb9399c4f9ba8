"""The model: scores of text, whole, by sentences and step by step, and the lengths matched."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError
from textkit.lm.history import History
from textkit.lm.language_model import LanguageModel
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram import scores as ngram_scores
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.quantise import quantise
from textkit.lm.ngram.sampling import NgramSampler
from textkit.lm.trie import NgramTrie

from .tiny_models import ALL, TEXTS, TRAIN, VOCAB, V, corpus_of, estimate


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


@pytest.mark.parametrize("name", ALL)
@given(train=TEXTS, text=TEXTS, order=st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_scores_are_those_of_the_tables(
    name: str, train: list[list[int]], text: list[list[int]], order: int
) -> None:
    model = estimate(name, train, order)
    tables = []
    for k in range(1, order + 1):
        rows = np.arange(model.trie.size(k))
        ngrams = map(tuple, model.trie.ngrams(k, rows).tolist())
        weights = model.log_backoff[k - 1].all() if k < order else np.zeros(len(rows))
        tables.append(dict(zip(ngrams, zip(model.log_prob[k - 1].all(), weights, strict=True), strict=True)))

    def score(history: tuple[int, ...], word: int) -> float:
        """As the formula says it, dictionary by dictionary."""
        if (found := tables[len(history)].get((*history, word))) is not None:
            return float(found[0])
        known = tables[len(history) - 1].get(history)
        weight = model.miss.unseen / np.log(10) if known is None else float(known[1])
        return weight + score(history[1:], word) if model.miss.shorter else weight

    expected = []
    for sentence in text:
        words = (V, *sentence, 1)
        expected += [score(words[max(0, i - order + 1) : i], words[i]) for i in range(1, len(words))]
    np.testing.assert_allclose(model.scores(corpus_of(text))[0], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["modified-kneser-ney", "add-k", "stupid-backoff"])
def test_long_texts_are_scored_as_their_sentences(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    lines = [random.choice([0, 2, 2, 3, 3, 4, 5], size=size).tolist() for size in random.integers(0, 90, 60)]
    text = [*lines, random.choice([0, 2, 3, 4], size=1500).tolist(), [], [3]]
    model = estimate(name, TRAIN, 4)
    whole, lengths = model.scores(corpus_of(text))
    parts = [model.scores(corpus_of([line])) for line in text]
    assert np.array_equal(whole, np.concatenate([scores for scores, _ in parts]))
    assert np.array_equal(lengths, np.concatenate([lengths for _, lengths in parts]))
    monkeypatch.setattr(ngram_scores, "_PART", 700)
    again, lengths_again = model.scores(corpus_of(text), jobs=3)
    assert np.array_equal(again, whole)
    assert np.array_equal(lengths_again, lengths)


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


def test_a_sampler_of_the_model() -> None:
    model = estimate("witten-bell", TRAIN, 3)
    drawn, again = (
        sampler.sample([1], length=9, rows=3, generator=np.random.default_rng(1), stop=1)
        for sampler in (model.sampler(temperature=0.5), NgramSampler(model, temperature=0.5))
    )
    assert drawn == again


def test_sentences_are_split_at_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    model = estimate("modified-kneser-ney", TRAIN, 3)
    text = ["a b", "", "  b zebra\tc ", "</s> <s> d", "a\nb"]
    encoded = corpus_of([[2, 3], [], [3, 0, 4], [0, 0, 5], [2, 3]])
    expected = np.add.reduceat(model.log_probs(encoded), encoded.offsets[:-1]) / np.log(10)
    np.testing.assert_allclose(model.score_sentences(text), expected, rtol=1e-6)
    monkeypatch.setattr(ngram_scores, "_TOGETHER", 2)
    np.testing.assert_allclose(model.score_sentences(text, jobs=2), expected, rtol=1e-6)
    assert model.score_sentences([]).shape == (0,)


@pytest.mark.parametrize("name", ["modified-kneser-ney", "add-k", "stupid-backoff"])
def test_codes_and_centres_score_as_their_values(name: str) -> None:
    model, text = quantise(estimate(name, TRAIN, 4)), corpus_of([[2, 3, 4, 0], [5, 5, 4], [2, 3]])
    assert model.log_prob[1].quantised
    log_prob, log_backoff = (
        tuple(LogTable(table.all()) for table in tables) for tables in (model.log_prob, model.log_backoff)
    )
    plain = dataclasses.replace(model, log_prob=log_prob, log_backoff=log_backoff)
    assert np.array_equal(model.log_probs(text), plain.log_probs(text))
    np.testing.assert_allclose(stepped(model, [[2, 3], [5]]), stepped(plain, [[2, 3], [5]]))
    assert model.score(model.begin(), "a") == plain.score(plain.begin(), "a")


def test_mapped_tables_score_as_those_in_memory(tmp_path: Path) -> None:
    model, text = estimate("modified-kneser-ney", TRAIN, 3), corpus_of([[2, 3, 4, 0], [5, 5, 4]])

    def mapped(name: str, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        for k, values in enumerate(arrays):
            np.save(tmp_path / f"{name}{k}.npy", values)
        return tuple(np.load(tmp_path / f"{name}{k}.npy", mmap_mode="r") for k in range(len(arrays)))

    trie = NgramTrie(V, mapped("words", model.trie.words), mapped("first", model.trie.first))
    log_prob = tuple(map(LogTable, mapped("p", [table.values for table in model.log_prob])))
    log_backoff = tuple(map(LogTable, mapped("b", [table.values for table in model.log_backoff])))
    other = NgramModel(VOCAB, trie, log_prob, log_backoff, model.smoothing)
    text.save(tmp_path / "text")
    assert np.array_equal(other.log_probs(EncodedCorpus.load(tmp_path / "text")), model.log_probs(text))
    assert np.array_equal(stepped(other, [[2, 3]]), stepped(model, [[2, 3]]))


def test_models_can_be_sent_elsewhere() -> None:
    model, text = estimate("modified-kneser-ney", TRAIN, 3), corpus_of([[2, 3, 4, 0], [5, 5, 4]])
    scores, score = model.log_probs(text), model.score(model.begin(), "a")[0]
    data = pickle.dumps(model)
    restored = pickle.loads(data)
    assert restored.words.table == restored.addresses.address != model.addresses.address
    assert np.array_equal(restored.log_probs(text), scores)
    assert restored.score(restored.begin(), "a")[0] == score


def test_ids_outside_the_vocabulary_are_refused() -> None:
    model = estimate("mle", TRAIN, 2)
    with pytest.raises(InputError, match="ids run from 0 to 5 in this vocabulary, not 6"):
        model.log_probs(EncodedCorpus.from_sequences([[6, 1]]))
    with pytest.raises(InputError, match="ids run from 0 to 5 in this vocabulary, not -2"):
        model.scores(EncodedCorpus.from_sequences([[3, -2]]))


def test_offsets_that_go_back_are_refused() -> None:
    corpus = EncodedCorpus(np.array([2, 1, 1], dtype=np.int32), np.array([0, 2, 1, 3]))
    with pytest.raises(InputError, match="the sequences of a corpus must follow each other"):
        estimate("mle", TRAIN, 2).scores(corpus)


def test_no_text_has_no_scores() -> None:
    model, empty = estimate("mle", TRAIN, 3), EncodedCorpus.from_sequences([])
    assert model.log_probs(empty).shape == model.ngram_lengths(empty).shape == (0,)


def test_text_of_blank_lines_only() -> None:
    model = estimate("modified-kneser-ney", [[], []], 5)
    assert np.exp(model.log_probs(corpus_of([[]]))) > 0.5
    assert np.exp(model.log_probs(corpus_of([[2, 3, 4]]))).max() < 1
