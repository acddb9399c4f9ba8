"""Every sentence once an epoch, whole, with its own tags."""

from __future__ import annotations

import random

import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.data.tagged_batches import TaggedBatches
from textkit.data.windows import PADDING
from textkit.errors import InputError


def made(count: int = 50) -> tuple[list[list[int]], list[list[int]]]:
    generator = random.Random(0)
    tokens = [[generator.randrange(1, 99) for _ in range(generator.randrange(0, 9))] for _ in range(count)]
    return tokens, [[token % 5 for token in sentence] for sentence in tokens]


def batches(**settings: int) -> TaggedBatches:
    tokens, tags = made()
    return TaggedBatches(
        EncodedCorpus.from_sequences(tokens), EncodedCorpus.from_sequences(tags), batch_size=7, **settings
    )


def test_an_epoch_has_every_sentence_once_with_its_tags() -> None:
    seen = []
    for batch in batches(seed=3):
        assert batch.inputs.shape == batch.targets.shape
        for row, targets in zip(batch.inputs, batch.targets, strict=True):
            length = int((targets != PADDING).sum())
            assert (targets[:length] == row[:length] % 5).all()
            assert not row[length:].any()
            seen.append(row[:length].tolist())
    assert sorted(seen) == sorted(sentence for sentence in made()[0] if sentence)


def test_epochs_differ_and_a_state_goes_on_in_the_middle() -> None:
    sampler = batches(seed=3)
    first, second = ([batch.inputs.tolist() for batch in sampler] for _ in range(2))
    assert first != second
    other = batches(seed=3)
    rest = iter(other)
    head = [next(rest).inputs.tolist() for _ in range(3)]
    resumed = batches(seed=3)
    resumed.load_state_dict(other.state_dict())
    assert head + [batch.inputs.tolist() for batch in resumed] == first


def test_sentences_and_tags_must_fit_together() -> None:
    tokens = EncodedCorpus.from_sequences([[1, 2], [3]])
    with pytest.raises(InputError, match="each token needs one tag"):
        TaggedBatches(tokens, EncodedCorpus.from_sequences([[1], [2, 3]]), batch_size=2)
    nothing = EncodedCorpus.from_sequences([[]])
    with pytest.raises(InputError, match="there is none"):
        TaggedBatches(nothing, nothing, batch_size=2)
