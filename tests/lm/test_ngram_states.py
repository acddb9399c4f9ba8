"""States of n-gram models: words scored one at a time, distributions after them, and states as values."""

from __future__ import annotations

import copy
import pickle
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import UsageError

from .tiny_models import ALL, TEXTS, TRAIN, VOCAB, corpus_of, estimate


@pytest.mark.parametrize("name", ALL)
@given(train=TEXTS, text=TEXTS, order=st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_one_word_at_a_time(name: str, train: list[list[int]], text: list[list[int]], order: int) -> None:
    model = estimate(name, train, order)
    log_probs, lengths = model.log_probs(corpus_of(text)), model.ngram_lengths(corpus_of(text))
    scores, full = [], []
    for sentence in text:
        words = [VOCAB.tokens[i] if i else "zebra" for i in sentence]
        state = model.begin()
        for word in (*words, "</s>"):
            score, state = model.score(state, word)
            scores.append(score)
        full += model.full_scores(words)
    np.testing.assert_allclose(scores, log_probs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([score for score, _, _ in full], log_probs, rtol=1e-5, atol=1e-6)
    assert [oov for _, _, oov in full] == (corpus_of(text).ids == 0).tolist()
    assert [score.ngram_length for score in full] == lengths.tolist()


@pytest.mark.parametrize("name", ALL)
@given(train=TEXTS, history=st.lists(st.sampled_from([0, 2, 3, 4, 5]), max_size=6), order=st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_distributions_after_words_and_states(
    name: str, train: list[list[int]], history: list[int], order: int
) -> None:
    model = estimate(name, train, order)
    words = [VOCAB.tokens[i] if i else "zebra" for i in history]
    for begin in (True, False):
        read = model.start(1)
        for i in [1] * begin + history:
            read = model.trie.advance(read, np.array([i]), end=1)
        expected = model.distribution(read)[0]
        found = model.distribution_after(words, begin=begin)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, atol=1e-12)
        state = model.begin() if begin else model.null()
        for word in words:
            state = model.score(state, word)[1]
        np.testing.assert_array_equal(model.state_distribution(state), found)
        one_by_one = [model.score(state, word)[0] for word in VOCAB.tokens]
        np.testing.assert_allclose(found, one_by_one, atol=1e-6)


def test_states_are_values() -> None:
    model = estimate("modified-kneser-ney", TRAIN, 3)
    begun = model.begin()
    score, after = model.score(begun, "a")
    assert begun == model.begin() != model.null()
    assert model.score(begun, "a") == (score, after)
    assert hash(after) == hash(model.score(begun, "a")[1])
    assert len({after, model.null(), begun, model.begin()}) == 3
    assert copy.copy(after) == copy.deepcopy(after) == pickle.loads(pickle.dumps(after)) == after
    assert sorted([after, begun]) == sorted([begun, after])
    assert (after < begun) != (after >= begun)
    assert (after > begun) != (after <= begun)
    assert after != "a"
    # nothing that was seen begins with an unknown word: it may as well have been none
    assert model.score(after, "zebra")[1] == model.null()
    alone = model.full_scores(["b"], bos=False, eos=False)
    assert alone == [(model.score(model.null(), "b")[0], 1, False)]


def test_a_state_of_another_model_does_no_harm() -> None:
    large, small = estimate("modified-kneser-ney", TRAIN, 5), estimate("modified-kneser-ney", [[2]], 5)
    state = large.begin()
    for word in "aabbccaabb":
        state = large.score(state, word)[1]
        state.numbers[1:5] = array("q", [-7, 2**40, -(2**62), 99])
        assert np.isfinite(small.score(state, word)[0])


def test_states_have_room_for_so_many_words() -> None:
    model = estimate("mle", [[2, 3]], 31)
    with pytest.raises(UsageError, match="states hold n-grams of up to 30 words, not 31"):
        model.begin()
