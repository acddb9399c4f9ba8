"""Bags of words against scikit-learn's vectorizers: the same matrix of the same tokens, bit for bit."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from textkit.data.bag_of_words.vectorizer import BagOfWords
from textkit.text.clean import Lowercase, preset
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit_corpora import load

ODD = [
    "", "  ", "好", "好 ", "好  好", "很 好\t\n好", "\u3000很\u3000\u3000好\x85\u2028", "🙂🙂 🙂", "a A",
    "e\u0301 é", "!!! ... 。。。", "\x1c\x1f", "好" * 40, "a" * 300, "x\x00y",
]  # fmt: skip


@pytest.fixture(scope="module")
def reviews() -> list[str]:
    texts = [text for _, text in load("reviews-zh").rows("train")]
    return [*texts[:900], *ODD, *texts[900:1000]]


@pytest.fixture(scope="module")
def real_reviews() -> list[str]:
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    files = sorted(Path(os.environ["TEXTKIT_DATA"]).glob("sentiment/*/train.tsv"))
    lines = "\n".join(file.read_text(encoding="utf-8") for file in files).split("\n")
    return [line.split("\t", 1)[1] for line in lines if "\t" in line][::3]


def words_of(texts):
    """The tokens of each text that are not blank, which both sides count."""
    return [[token for token in tokens if token.strip()] for tokens in JiebaTokenizer().batch(texts).lists()]


def analyze(reach):
    """What CountVectorizer calls for the tokens of a text: n-grams as it spells them."""

    def analyzer(tokens):
        return [
            " ".join(tokens[i : i + n])
            for n in range(reach[0], reach[1] + 1)
            for i in range(len(tokens) - n + 1)
        ]

    return analyzer


def same(ours, theirs):
    """Whether two matrices are the same in every array and bit."""
    theirs = csr_matrix(theirs)
    theirs.sort_indices()
    assert ours.shape == theirs.shape
    assert (ours.indptr == theirs.indptr).all()
    assert (ours.indices == theirs.indices).all()
    assert (ours.data == theirs.data).all()
    assert ours.dtype == theirs.dtype
    return True


SETTINGS = [
    ((1, 1), None, {}),
    ((1, 2), None, {}),
    ((2, 3), None, {"min_df": 2}),
    ((1, 2), None, {"min_df": 2, "max_df": 0.2}),
    ((1, 2), None, {"max_features": 300}),
    ((1, 1), None, {"min_df": 0.01, "max_df": 100, "max_features": 50}),
    (None, (1, 1), {}),
    (None, (1, 3), {}),
    (None, (2, 4), {"min_df": 3, "max_features": 1000}),
    ((1, 2), (1, 3), {}),
    ((1, 2), (1, 3), {"min_df": 2}),
]


def check_counts(texts, reach, characters, limits):
    """Fit on the first half, transform the second, of which many n-grams are unknown."""
    half = len(texts) // 2
    peers = []
    if reach is not None:
        peers.append(("words", CountVectorizer(analyzer=analyze(reach), dtype=np.float64, **limits)))
    if characters is not None:
        options = {"analyzer": "char", "ngram_range": characters, "lowercase": False, "dtype": np.float64}
        peers.append(("characters", CountVectorizer(**options, **limits)))
    bag = BagOfWords(words=reach, characters=characters, **limits)
    given = {"words": words_of(texts), "characters": texts}
    theirs = hstack([peer.fit_transform(given[kind][:half]) for kind, peer in peers])
    assert same(bag.fit_transform(texts[:half]), theirs)
    theirs = hstack([peer.transform(given[kind][half:]) for kind, peer in peers])
    assert same(bag.transform(texts[half:]), theirs)
    names = [f"{kind}__{name}" for kind, peer in peers for name in peer.get_feature_names_out()]
    assert bag.get_feature_names_out().tolist() == (
        names if len(peers) > 1 else [name.split("__", 1)[1] for name in names]
    )


@pytest.mark.parametrize(("reach", "characters", "limits"), SETTINGS)
def test_counts_are_the_same(reviews, reach, characters, limits):
    check_counts(reviews, reach, characters, limits)


@pytest.mark.data
@pytest.mark.parametrize(("reach", "characters", "limits"), [SETTINGS[0], SETTINGS[9], SETTINGS[10]])
def test_counts_of_real_reviews_are_the_same(real_reviews, reach, characters, limits):
    check_counts(real_reviews, reach, characters, limits)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sublinear_tf": True},
        {"smooth_idf": False},
        {"norm": "l1"},
        {"norm": None, "sublinear_tf": True},
    ],
)
def test_tf_idf_is_the_same(reviews, options, dtype):
    peer = TfidfVectorizer(analyzer=analyze((1, 2)), dtype=dtype, **options)
    bag = BagOfWords(words=(1, 2), weighting="tf-idf", dtype=dtype, **options)
    ours, theirs = bag.fit_transform(reviews), peer.fit_transform(words_of(reviews))
    theirs.sort_indices()
    assert (ours.indices == theirs.indices).all()
    assert ours.dtype == theirs.dtype == dtype
    if dtype is np.float64:
        # The peer adds up the norm of a row in the order in which it saw the words, so that bits may differ.
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-14)
        assert (bag.idf_ == peer.idf_).all()
        assert same(bag.transform(reviews), peer.transform(words_of(reviews)))
    else:  # ours is rounded once, the peer's at each step
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-6)


def test_binary_is_the_same(reviews):
    peer = CountVectorizer(analyzer=analyze((1, 2)), dtype=np.float64, binary=True)
    bag = BagOfWords(words=(1, 2), weighting="binary")
    words = words_of(reviews)
    assert same(bag.fit_transform(reviews), peer.fit_transform(words))
    peer = TfidfVectorizer(analyzer=analyze((1, 1)), use_idf=False, norm="l1")
    assert same(BagOfWords(weighting="frequency").fit_transform(reviews), peer.fit_transform(words))


def test_cleaning_comes_first(reviews):
    cleaning = preset("sentiment")
    cleaned = [cleaning(text) for text in reviews]
    ours = BagOfWords(clean="sentiment", words=(1, 2), characters=(1, 2)).fit_transform(reviews)
    assert same(ours, BagOfWords(words=(1, 2), characters=(1, 2)).fit_transform(cleaned))


def test_another_tokenizer_is_the_same(reviews):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that its token_pattern is not used
        peer = CountVectorizer(tokenizer=str.split, lowercase=True, ngram_range=(1, 3), dtype=np.float64)
        theirs = peer.fit_transform(reviews)
    bag = BagOfWords("whitespace", clean=Pipeline.of(Lowercase()), words=(1, 3))
    assert same(bag.fit_transform(reviews), theirs)
