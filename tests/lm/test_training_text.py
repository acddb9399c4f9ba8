"""The corpus an n-gram model is trained on against the one that is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.interned import InternedText
from textkit.lm import training_text
from textkit.lm.language_model import language_model_vocab
from textkit.lm.score import MeasuredText
from textkit.lm.training_text import training_corpus
from textkit.scratch import Scratch

texts = st.lists(st.text(alphabet="abcd ", max_size=12), max_size=10)


@settings(deadline=None, max_examples=60)  # the first example waits for the compiler
@given(texts, st.integers(1, 5), st.integers(1, 3), st.booleans())
def test_it_is_the_corpus_of_the_measured_text(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], at_once: int, min_count: int, in_files: bool
) -> None:
    scratch = Scratch(tmp_path_factory.getbasetemp()) if in_files else Scratch()
    text = InternedText.of(lines, str.split, scratch=scratch)
    vocab = language_model_vocab(text.counts(), min_count=min_count, max_size=None)
    expected = MeasuredText.of(text, vocab).corpus
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_text, "_AT_ONCE", at_once)
        corpus = training_corpus(text, vocab, scratch=scratch)
    assert corpus.ids.dtype == np.int32
    assert corpus.offsets.dtype == np.int64
    assert corpus.ids.tolist() == expected.ids.tolist()
    assert corpus.offsets.tolist() == expected.offsets.tolist()


def test_a_part_of_a_text_is_encoded_from_its_own_beginning() -> None:
    text = InternedText.of(["a b", "c", "a a a"], str.split)
    vocab = language_model_vocab(text.counts(), min_count=1, max_size=None)
    part = text.part(1, 3)
    assert training_corpus(part, vocab).ids.tolist() == MeasuredText.of(part, vocab).corpus.ids.tolist()


def test_a_folder_holds_it_and_keeps_nothing(tmp_path: Path) -> None:
    text = InternedText.of(["a b"] * 100, str.split, scratch=Scratch(tmp_path))
    vocab = language_model_vocab(text.counts(), min_count=1, max_size=None)
    corpus = training_corpus(text, vocab, scratch=Scratch(tmp_path))
    assert isinstance(corpus.ids, np.memmap)
    assert isinstance(corpus.offsets, np.memmap)
    assert not list(tmp_path.iterdir())
    assert corpus.ids.tolist() == [2, 3, 1] * 100
