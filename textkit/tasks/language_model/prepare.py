"""From lines to what a model is trained on: pipeline, vocabulary, encoded and measured text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.data.text_blocks import TextBlocks
from textkit.errors import InputError, UsageError, reason_of
from textkit.lm.language_model import language_model_vocab
from textkit.lm.score import MeasuredText
from textkit.lm.training_text import training_corpus
from textkit.scratch import IN_MEMORY, Scratch
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.text.vocab import Vocab

if TYPE_CHECKING:
    from textkit.lm.counts import NgramCounts

Lines = Iterable[str] | TextBlocks

_HELD_OUT = "the last {} training lines are held out for validation"


@dataclass(frozen=True)
class Prepared:
    """A training text and its held-out texts, all encoded alike; `notes` are for the user.

    `counts` were given in place of a text; `allowed` are the words of n-grams to keep, None for all.
    """

    pipeline: Pipeline[str, list[str]]
    vocab: Vocab
    train: EncodedCorpus
    held_out: dict[str, MeasuredText]
    notes: tuple[str, ...]
    counts: NgramCounts | None = None
    allowed: frozenset[str] | None = None


def prepare(
    config: LanguageModelConfig,
    train: Lines | None,
    *,
    valid: Lines | None,
    test: Lines | None,
    ngram: NgramOptions,
) -> Prepared:
    """Clean, tokenize, build the vocabulary on the training text alone, and encode.

    Without `valid` a neural model's validation text is the last part of the training lines. Raises
    InputError when a text is empty. Lines held out that also stand in the training text are counted
    in `notes`: they make a result look better than it is. Counts that were given take the text's place.
    """
    allowed = _words_to_keep(config)
    if train is None:
        return _prepare_counts(config, ngram, valid=valid, test=test, allowed=allowed)
    notes: list[str] = []
    holding_out = config.model != "ngram" and valid is None
    if holding_out and config.unit == "subword":  # now: the subword model must not see what is held out
        lines = list(train)
        cut = _held_out_from(np.cumsum([0, *map(len, lines)]), config.valid_fraction)
        train, valid = lines[:cut], lines[cut:]
        notes.append(_HELD_OUT.format(len(valid)))
    if config.unit == "subword":
        train, for_pieces = tee(train)
        pipeline = make_pipeline(config, for_pieces)
    else:
        pipeline = make_pipeline(config, ())
    scratch = ngram.scratch()
    text = _intern("training", train, pipeline, scratch=scratch)
    texts = _held_out(pipeline, valid=valid, test=test)
    if holding_out and "valid" not in texts:
        cut = _held_out_from(text.corpus.offsets, config.valid_fraction)
        text, texts["valid"] = text.part(0, cut), text.part(cut, len(text))
        notes.append(_HELD_OUT.format(len(texts["valid"])))
    for name, other in texts.items():
        repeated = other.repeated_in(text)
        if repeated:
            notes.append(f"{repeated} of {len(other)} {name} lines also stand in the training text")
    always = getattr(pipeline.stages[-1], "pieces", ())
    vocab = language_model_vocab_of(text, config, always)
    corpus = training_corpus(text, vocab, scratch=scratch)
    return Prepared(pipeline, vocab, corpus, _measured(texts, vocab), tuple(notes), allowed=allowed)


def _prepare_counts(
    config: LanguageModelConfig,
    ngram: NgramOptions,
    *,
    valid: Lines | None,
    test: Lines | None,
    allowed: frozenset[str] | None,
) -> Prepared:
    from textkit.lm.counts.file import read_counts

    of_a_text = {
        "min_count": config.min_count != 1,
        "max_vocab": config.max_vocab is not None,
        "memory": ngram.memory is not None,
    }
    for name, given in of_a_text.items():
        if given:
            raise UsageError(f"counts bring their own words and are sorted in memory: leave out {name}")
    pipeline = make_pipeline(config, ())
    texts = _held_out(pipeline, valid=valid, test=test)
    counts, vocab = read_counts(ngram.counts, order=config.order)
    nothing = EncodedCorpus.from_sequences([])
    return Prepared(pipeline, vocab, nothing, _measured(texts, vocab), (), counts=counts, allowed=allowed)


def _words_to_keep(config: LanguageModelConfig) -> frozenset[str] | None:
    """The words of the file `limit_vocab`, parted at ASCII blanks; of the unit "char" a character a line.

    Raises InputError when it cannot be read, and for a line of more than one character there.
    """
    if config.limit_vocab is None:
        return None
    try:
        text = Path(config.limit_vocab).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error)
        raise InputError(f"{config.limit_vocab}: the words to keep cannot be read: {reason}") from error
    if config.unit != "char":
        return frozenset(WhitespaceTokenizer(unicode=False)(text))
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > 1:
            raise InputError(
                f"{config.limit_vocab}:{number}: of characters each has a line of its own, not {line[:40]!r}"
            )
    return frozenset(text.split("\n"))


def _held_out(
    pipeline: Pipeline[str, list[str]], *, valid: Lines | None, test: Lines | None
) -> dict[str, InternedText]:
    given = {name: lines for name, lines in (("valid", valid), ("test", test)) if lines is not None}
    return {name: _intern(name, lines, pipeline) for name, lines in given.items()}


def _measured(texts: dict[str, InternedText], vocab: Vocab) -> dict[str, MeasuredText]:
    return {name: MeasuredText.of(text, vocab) for name, text in sorted(texts.items(), reverse=True)}


def language_model_vocab_of(text: InternedText, config: LanguageModelConfig, always: Iterable[str]) -> Vocab:
    """The vocabulary that `config` asks for."""
    return language_model_vocab(
        text.counts(), min_count=config.min_count, max_size=config.max_vocab, always=always
    )


def make_pipeline(config: LanguageModelConfig, lines: Lines) -> Pipeline[str, list[str]]:
    """Cleaning and the tokenizer of the unit; a subword tokenizer is trained on `lines`."""
    from textkit.text.catalog import make_tokenizer
    from textkit.text.clean import preset

    clean: Pipeline[str, str] = preset(config.clean)
    if config.unit == "word":
        tokenizer: Any = make_tokenizer(config.tokenizer, config.tokenizer_options)
    elif config.unit == "char":
        from textkit.text.tokenizers.characters import CharacterTokenizer

        tokenizer = CharacterTokenizer(keep_space=True)
    else:
        from textkit.text.tokenizers.sentencepiece import train_sentencepiece

        try:
            tokenizer = train_sentencepiece(
                clean.map(lines), vocab_size=config.pieces, model_type=config.subword_type
            )
        except UsageError as error:  # the setting's own name
            raise UsageError(
                str(error).replace("vocab_size", "pieces").partition("; give more")[0]
            ) from error
    return clean.then(tokenizer)


def _intern(
    name: str, lines: Lines, pipeline: Pipeline[str, list[str]], *, scratch: Scratch = IN_MEMORY
) -> InternedText:
    text = InternedText.of(lines, pipeline, scratch=scratch)
    if not len(text.corpus.ids):
        raise InputError(f"the {name} text is empty: it has {len(text)} lines and not a single token")
    return text


def _held_out_from(sizes: npt.NDArray[np.int64], fraction: float) -> int:
    """The first of the last lines to hold out, by running sums (S + 1,) of the sizes of all S lines."""
    cut = int((sizes <= sizes[-1] * (1 - fraction)).sum()) - 1
    cut = min(max(cut, 1), len(sizes) - 2)
    if cut < 1:
        raise InputError(
            "the training text has less than two lines; nothing can be held out: give a validation file"
        )
    return cut
