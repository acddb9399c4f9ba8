from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, TextkitError
from textkit.text.token_batch import TokenBatch
from textkit.text.vocab import Vocab

sequences = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=6), max_size=8)


@given(sequences)
def test_sequences_come_back(given_sequences: list[list[int]]) -> None:
    corpus = EncodedCorpus.from_sequences(given_sequences)
    assert [s.tolist() for s in corpus] == given_sequences
    assert corpus.lengths.tolist() == [len(s) for s in given_sequences]
    assert len(corpus) == len(given_sequences)


@pytest.mark.parametrize("given_sequences", [[[1, 2], [], [3]], [], [[]]])
def test_a_saved_corpus_is_mapped_and_equal(tmp_path: Path, given_sequences: list[list[int]]) -> None:
    EncodedCorpus.from_sequences(given_sequences).save(tmp_path / "c")
    loaded = EncodedCorpus.load(tmp_path / "c")
    assert [s.tolist() for s in loaded] == given_sequences
    if len(loaded.ids):
        assert isinstance(loaded.ids, np.memmap)


def test_streaming_to_disk_takes_a_generator(tmp_path: Path) -> None:
    corpus = EncodedCorpus.write(([i] * (i % 3) for i in range(100)), tmp_path / "c")
    assert [s.tolist() for s in corpus] == [[i] * (i % 3) for i in range(100)]


@settings(deadline=None)  # waits for the disk
@given(st.lists(sequences, max_size=4))
def test_parts_are_written_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[list[int]]]
) -> None:
    folder = tmp_path_factory.mktemp("corpus") / "c"
    corpus = EncodedCorpus.write_parts(map(EncodedCorpus.from_sequences, parts), folder)
    assert [s.tolist() for s in corpus] == [sequence for part in parts for sequence in part]


def test_encoded_batches_are_streamed_to_a_corpus(tmp_path: Path) -> None:
    texts = [[["to", "be"], []], [["or", "not", "to", "be"]]]
    vocab = Vocab.build(line for text in texts for line in text)
    batches = map(TokenBatch.of, texts)
    parts = (EncodedCorpus(vocab.encode_flat(batch), batch.offsets) for batch in batches)
    corpus = EncodedCorpus.write_parts(parts, tmp_path / "c")
    assert [s.tolist() for s in corpus] == [vocab.encode(line) for text in texts for line in text]


def test_a_failing_stream_leaves_nothing(tmp_path: Path) -> None:
    def failing():
        yield [1]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        EncodedCorpus.write(failing(), tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_damage_is_told(tmp_path: Path) -> None:
    corpus = EncodedCorpus.from_sequences([[1, 2, 3]])
    corpus.save(tmp_path / "c")
    with pytest.raises(TextkitError, match="already exists"):
        corpus.save(tmp_path / "c")
    (tmp_path / "c" / "ids.i32").write_bytes(b"1234")
    with pytest.raises(CheckpointError, match="4 bytes where 12 are due; the file is truncated or damaged"):
        EncodedCorpus.load(tmp_path / "c")
    with pytest.raises(CheckpointError, match="not an encoded corpus: no such file"):
        EncodedCorpus.load(tmp_path / "d")
    (tmp_path / "c" / "corpus.json").write_text('{"format": 99}')
    with pytest.raises(CheckpointError, match="format 99; this version reads 1"):
        EncodedCorpus.load(tmp_path / "c")
