"""From stored pairs to the ids a network learns from: tokenizers trained, vocabularies counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.errors import InputError
from textkit.lm.language_model import SPECIALS, language_model_vocab
from textkit.scratch import Scratch, release
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.sides import END_ID, Sides
from textkit.tasks.translation.stored_pairs import StoredPairs
from textkit.tasks.translation.tokenizing import Tokenizing, make_pipelines
from textkit.text.vocab import Vocab

_AT_ONCE = 1 << 16  # pairs encoded together

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoding:
    """Stored pairs, tokenized: `kept` (N,) are the places of those that are to be learnt from."""

    sides: Sides
    source: InternedText
    target: InternedText
    kept: Lengths
    notes: tuple[str, ...]

    @staticmethod
    def of(pairs: StoredPairs, config: TranslatorConfig, *, scratch: Path) -> Encoding:
        """Train what is to be trained on `pairs` and tokenize them, with room in the folder `scratch`.

        Pairs with a side that has no token, or more than `config.max_length`, are not kept. Raises
        InputError when none is left, UsageError for settings that do not suit the text.
        """
        notes: list[str] = []
        pipelines = make_pipelines(pairs, config, notes)
        room = Scratch(scratch)
        source = InternedText.of(pairs.sources(), pipelines[0], scratch=room)
        target = InternedText.of(pairs.targets(), pipelines[1], scratch=room)
        lengths = [source.corpus.lengths, target.corpus.lengths]
        empty, longest = np.minimum(*lengths) == 0, np.maximum(*lengths)
        kept = np.flatnonzero(~empty & (longest <= config.max_length))
        if count := int(empty.sum()):
            notes.append(f"{count} pairs are left out: a side has no token once it is cleaned")
        if count := int((longest > config.max_length).sum()):
            notes.append(f"{count} pairs are left out: a side has more than {config.max_length} tokens")
        if not len(kept):
            raise InputError(
                f"train: every pair has a side with no token, or more than {config.max_length}; "
                "give others, or a larger max_length"
            )
        sides = Sides(*pipelines, *_vocabs(source, target, pipelines, config))
        return Encoding(sides, source, target, kept, tuple(notes))

    def save(self, source: Path, target: Path) -> None:
        """Write the ids of the kept pairs, each sequence with its `</s>`, to new folders."""
        vocabs = self.sides.source_vocab, self.sides.target_vocab
        for text, vocab, folder in zip((self.source, self.target), vocabs, (source, target), strict=True):
            EncodedCorpus.write_parts(self._parts(text, vocab), folder)

    def _parts(self, text: InternedText, vocab: Vocab) -> Iterator[EncodedCorpus]:
        ids = np.array(vocab.encode(text.types), np.int32)
        for begin in range(0, len(self.kept), _AT_ONCE):
            places = self.kept[begin : begin + _AT_ONCE]
            starts, sizes = text.corpus.offsets[places], text.corpus.lengths[places]
            offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes + 1)])
            out = np.full(int(offsets[-1]), END_ID, np.int32)
            within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            codes = text.corpus.ids[np.repeat(starts, sizes) + within]
            out[np.repeat(offsets[:-1], sizes) + within] = ids[codes]
            yield EncodedCorpus(out, offsets)
            release(text.corpus.ids)


def _vocabs(
    source: InternedText, target: InternedText, sides: tuple[Tokenizing, Tokenizing], config: TranslatorConfig
) -> tuple[Vocab, Vocab]:
    if config.joint:
        both = _vocab([source, target], sides[0], config)
        return both, both
    return _vocab([source], sides[0], config), _vocab([target], sides[1], config)


def _vocab(texts: Sequence[InternedText], pipeline: Tokenizing, config: TranslatorConfig) -> Vocab:
    """That of all texts together; a subword tokenizer's is its pieces."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.counts())
    pieces: tuple[str, ...] = getattr(pipeline.stages[-1], "pieces", ())
    if not pieces:
        return language_model_vocab(counts, min_count=config.min_count, max_size=config.vocab_size)
    known = {piece: counts[piece] for piece in pieces}
    return Vocab.from_counts(known, specials=SPECIALS, always=pieces, total=counts.total())
