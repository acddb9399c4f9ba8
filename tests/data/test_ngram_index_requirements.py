"""What an index of n-grams asks of its settings, uses and saved arrays, and what it does without."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from textkit.data.bag_of_words import NgramIndex
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

WORDS = WhitespaceTokenizer()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"words": None}, "nothing to count"),
        ({"words": (2, 1)}, r"words must be .* not \(2, 1\)"),
        ({"words": "ab"}, "words must be"),
        ({"words": None, "characters": (0, 1)}, "characters must be"),
        ({"min_df": 0}, "min_df must be a number of texts"),
        ({"max_df": 1.5}, "max_df must be"),
        ({"min_df": math.nan}, "min_df must be"),
        ({"max_features": 0}, "max_features must be"),
        ({"buckets": 0}, "buckets must be"),
        ({"buckets": 8, "min_df": 2}, "leave out buckets"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(UsageError, match=message):
        NgramIndex(WORDS, **settings)


def test_uses_that_make_no_sense():
    index = NgramIndex(WORDS)
    with pytest.raises(UsageError, match="not fitted"):
        index.transform(["a"])
    with pytest.raises(InputError, match="not one string"):
        index.fit("a text")
    with pytest.raises(InputError, match="text 2 must be a string, not int"):
        index.fit(["a", 3])
    with pytest.raises(InputError, match="text 1 must be a list of tokens"):
        NgramIndex(None).fit(["a"])
    with pytest.raises(InputError, match="no feature is left of 2 texts"):
        index.fit(["", " "])
    with pytest.raises(UsageError, match="allows fewer texts than min_df=4"):
        NgramIndex(WORDS, min_df=4, max_df=0.5).fit(["a", "b"])
    with pytest.raises(UsageError, match="need texts, not tokens"):
        NgramIndex(None, characters=(1, 2))
    with pytest.raises(UsageError, match="a batch of tokens has none"):
        NgramIndex(WORDS, characters=(1, 2)).fit(TokenBatch.of([["a"]]))
    with pytest.raises(UsageError, match="need a tokenizer"):
        NgramIndex(Pipeline())
    with pytest.raises(InputError, match="lone surrogate"):
        index.fit(["\ud800"])
    hashed = NgramIndex(WORDS, buckets=8)
    with pytest.raises(UsageError, match="have no name"):
        hashed.names()
    with pytest.raises(UsageError, match="have no kind"):
        hashed.kinds()
    ready = NgramIndex(None)
    ready.fit([["a"]])
    with pytest.raises(UsageError, match="occurrences need a text"):
        ready.occurrences("a")
    split = NgramIndex(str.split)
    split.fit(["a"])
    with pytest.raises(UsageError, match="cannot say where its tokens are"):
        split.occurrences("a")


def test_numbers_of_numpy_will_do():
    one, two = np.array([1, 2])
    index = NgramIndex(WORDS, words=(one, two), buckets=np.int64(8))
    assert index.settings() == NgramIndex(WORDS, words=(1, 2), buckets=8).settings()


def test_characters_alone_need_no_tokenizer():
    for pipeline in (Pipeline(), preset("en"), Pipeline.of(WORDS)):
        index = NgramIndex(pipeline, words=None, characters=(1, 2))
        index.fit(["ab"])
        assert index.names() == ["a", "ab", "b"]


def test_damaged_arrays_are_told():
    index = NgramIndex(WORDS, words=(1, 2))
    index.fit(["to be"])
    arrays, settings = index.arrays(), index.settings()
    with pytest.raises(CheckpointError, match=r"not the arrays .*parents"):
        NgramIndex.from_arrays({"documents": arrays["documents"]}, WORDS, settings)
    wrongs = [("words.parents", 9), ("words.parents", 0), ("words.symbols", 9), ("words.symbols", -5)]
    for name, wrong in [*wrongs, ("words.places", 9), ("words.places", -1)]:
        damaged = arrays | {name: np.full_like(arrays[name], wrong)}
        with pytest.raises(CheckpointError, match=r"damaged|no beginning"):
            NgramIndex.from_arrays(damaged, WORDS, settings)
    few = arrays | {"document_frequency": arrays["document_frequency"][:1]}
    with pytest.raises(CheckpointError, match="of 1 features, and 3 features"):
        NgramIndex.from_arrays(few, WORDS, settings)


def test_nothing_heavy_is_imported_before_it_is_used():
    heavy = "{'sklearn', 'scipy', 'numba', 'torch', 'pandas'}"
    program = f"import sys, textkit.data.bag_of_words; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
