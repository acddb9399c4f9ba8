from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.decode.beam import beam_search
from textkit.decode.exhaustive import exhaustive_search
from textkit.errors import UsageError


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    vocab_size=st.integers(2, 4),
    length=st.integers(1, 4),
    stop=st.sampled_from([None, 0, 1]),
    alpha=st.sampled_from([0.0, 1.0]),
)
def test_it_is_everything_and_a_beam_as_wide_finds_the_same(
    translations, seed, vocab_size, length, stop, alpha
) -> None:
    model = translations(1, vocab_size, seed)
    found = exhaustive_search(model, [1], length=length, stop=stop, length_penalty=alpha)
    possible = {
        ids
        for size in range(1, length + 1)
        for ids in itertools.product(range(vocab_size), repeat=size)
        if stop not in ids[:-1] and (size == length or ids[-1] == stop)
    }
    assert len(found) == len(possible)
    assert {(*each.ids, stop) if each.finished else each.ids for each in found} == possible
    assert sum(math.exp(each.log_prob) for each in found) == pytest.approx(1, abs=1e-5)
    beam = beam_search(
        model,
        [1],
        width=vocab_size**length,
        length=length,
        stop=stop,
        length_penalty=alpha,
        n_best=min(7, len(found)),
    )
    assert beam == found[:7]


def test_what_is_impossible_is_left_out_and_too_much_is_refused(translations) -> None:
    model = translations(1, 4, 0)
    model.table[..., 3] = -math.inf
    assert len(exhaustive_search(model, [0], length=3)) == 27
    with pytest.raises(UsageError, match="4 ids make more than 200000 continuations of length 9: use a beam"):
        exhaustive_search(model, [0], length=9)
    with pytest.raises(UsageError, match="a search needs a length of at least 1, not 0"):
        exhaustive_search(model, [0], length=0)
    with pytest.raises(UsageError, match="a prompt needs at least one id"):
        exhaustive_search(model, [], length=1)
