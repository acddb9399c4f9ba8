"""Texts prepared for a network that learns classes: how they are read, and which are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from textkit.errors import InputError, UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.network import make_network
from textkit.tasks.classification.prepared_texts import PreparedTexts
from textkit.tasks.classification.reading import ReadTexts
from textkit.text.pipeline import Pipeline

from .review_texts import PIPELINE, configured, reviews


def test_reading_leaves_out_blank_words_and_cuts() -> None:
    spaced: Pipeline[str, list[str]] = Pipeline.of(list)
    texts = ["ab c", "  ", "", "d  e"]
    read = ReadTexts.of(texts, spaced)
    vocab = read.vocab()
    encoded = read.encode(vocab, max_length=2)
    assert [vocab.decode(row.tolist()) for row in encoded] == [["a", "b"], ["<unk>"], ["<unk>"], ["d", "e"]]
    assert " " not in vocab
    assert read.vocab(max_size=3).tokens == ("<unk>", "a", "b")


def test_texts_that_cannot_be_learnt_from_are_refused() -> None:
    config, both = configured(), reviews(10)
    one = replace(both, classes=np.ones(10, np.int64))
    with pytest.raises(InputError, match="all training texts have the label 'good'"):
        PreparedTexts.of(config, pipeline=PIPELINE, train=one, dev=both)
    none = both.select(np.arange(0))
    with pytest.raises(InputError, match="there is no development text"):
        PreparedTexts.of(config, pipeline=PIPELINE, train=both, dev=none)
    with pytest.raises(InputError, match="all training texts have the label 'none'"):
        PreparedTexts.of(config, pipeline=PIPELINE, train=none, dev=both)
    other = replace(both, labels=("good", "bad"))
    with pytest.raises(UsageError, match="read the latter with the labels of the former"):
        PreparedTexts.of(config, pipeline=PIPELINE, train=both, dev=other)
    with pytest.raises(UsageError, match="the preset 'linear' is no network"):
        make_network(ClassifierConfig(), ReadTexts.of(both.texts, PIPELINE).vocab(), classes=2)
