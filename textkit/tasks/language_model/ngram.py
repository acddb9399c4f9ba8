"""Estimating an n-gram model from a prepared text, and reading one back from its run."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.counts.file import write_counts
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import HEADER, fill_ngram
from textkit.lm.ngram.folder import load_ngram as open_folder
from textkit.lm.ngram_text import check_words
from textkit.lm.score import MeasuredText
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.tasks.language_model.prepare import Prepared
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import MODEL, RunFolder

Say = Callable[[str], None]


def count_ngrams(
    config: LanguageModelConfig, prepared: Prepared, options: NgramOptions, *, say: Say
) -> NgramCounts:
    """The counts of a prepared text, or those that were given; writes them where that is asked."""
    if options.arpa is not None:  # better before the work than after
        check_words(prepared.vocab, options.arpa)
    if options.write_counts is not None:
        check_words(prepared.vocab, options.write_counts, kind="a count file")
    counts = prepared.counts
    if counts is None:
        total = len(prepared.train.ids) + len(prepared.train)
        say(
            f"counting n-grams of {total:,} tokens, starts and ends of lines included, and "
            f"{len(prepared.vocab):,} words"
        )
        counts = NgramCounts.count(
            prepared.train,
            order=config.order,
            vocab_size=len(prepared.vocab),
            memory=options.memory,
            scratch=options.scratch(),
            watch=lambda done: say(f"counted {done:,} of {total:,} tokens") if done < total else None,
        )
    if options.write_counts is not None:
        write_counts(counts, prepared.vocab, options.write_counts)
    return counts


def estimate_ngram(
    config: LanguageModelConfig, counts: NgramCounts, prepared: Prepared, options: NgramOptions, *, say: Say
) -> NgramModel:
    """The smoothed model, also as ARPA text where that is asked; what the smoothing explains is said."""
    sizes = ", ".join(f"{counts.trie.size(k):,}" for k in range(2, counts.order + 1))
    say(f"estimating the probabilities of {sizes} n-grams" if sizes else "estimating the probabilities")
    model = _smoothed(config, counts, prepared)
    for note in model.notes:
        say(note)
    del counts
    if options.arpa is not None:
        write_arpa(model, options.arpa)
    return model


def _smoothed(config: LanguageModelConfig, counts: NgramCounts, prepared: Prepared) -> NgramModel:
    """The model that `config` asks for, from counts."""
    smoothing = config.make_smoothing()
    if prepared.allowed is None:
        return smoothing.estimate(counts, prepared.vocab)
    kneser_ney = cast(ModifiedKneserNey, smoothing)  # no other is configured with words to keep
    return kneser_ney.estimate(counts, prepared.vocab, allowed=prepared.allowed)


def in_vocab_of(model: NgramModel, text: MeasuredText, vocab: Vocab) -> MeasuredText:
    """A text that was encoded with `vocab`, for a model some words of which were pruned away."""
    if len(model.vocab) == len(vocab):
        return text
    ids = np.array(model.vocab.encode(vocab.tokens), dtype=np.int32)
    unknown = ids[0]
    ids[: vocab.specials] = np.arange(
        vocab.specials
    )  # a text cannot spell them, so encode does not find them
    lost = (ids == unknown) & (np.arange(len(ids)) != unknown)
    bits = np.array([8 * (len(token.encode()) + 1) for token in vocab.tokens]) * lost
    sums = np.concatenate([[0], np.cumsum(bits[text.corpus.ids])])
    more = sums[text.corpus.offsets[1:]] - sums[text.corpus.offsets[:-1]]
    corpus = EncodedCorpus(ids[text.corpus.ids], text.corpus.offsets)
    return MeasuredText(corpus, text.characters, text.bytes, text.spelling_bits + more)


def save_ngram(model: NgramModel, run: RunFolder) -> None:
    """Put the tables of `model` into a run that is being made."""
    fill_ngram(model, run.path / MODEL, pipeline=Pipeline.load(run.path).digest())


def load_ngram(run: RunFolder) -> NgramModel:
    """The n-gram model of a run; raises CheckpointError when it is damaged."""
    if f"{MODEL}/{HEADER}" not in run.document["files"]:
        raise CheckpointError(
            f"{run.path}: an n-gram run of an earlier version, which this one cannot read; train again"
        )
    run.check(MODEL)
    run.read("vocab.txt")  # the model has its own; that of the run is what people look at
    return open_folder(run.path / MODEL)
