"""From lines to what a model is trained on: pipeline, vocabulary, encoded and measured text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import tee
from typing import TYPE_CHECKING, Any

from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.data.text_blocks import TextBlocks
from textkit.errors import InputError, UsageError
from textkit.lm.language_model import language_model_vocab
from textkit.lm.score import MeasuredText
from textkit.lm.training_text import training_corpus
from textkit.scratch import IN_MEMORY, Scratch
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab

if TYPE_CHECKING:
    from textkit.lm.counts import NgramCounts

Lines = Iterable[str] | TextBlocks


@dataclass(frozen=True)
class Prepared:
    """A training text and its held-out texts, all encoded alike; `notes` are for the user."""

    pipeline: Pipeline[str, list[str]]
    vocab: Vocab
    train: EncodedCorpus
    held_out: dict[str, MeasuredText]
    notes: tuple[str, ...]
    counts: NgramCounts | None = None  # that were given in place of a text


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
    if train is None:
        return _prepare_counts(config, ngram, valid=valid, test=test)
    if config.unit == "subword":
        train, for_pieces = tee(train)
        pipeline = make_pipeline(config, for_pieces)
    else:
        pipeline = make_pipeline(config, ())
    scratch = ngram.scratch()
    text = _intern("training", train, pipeline, scratch=scratch)
    texts = _held_out(pipeline, valid=valid, test=test)
    notes: list[str] = []
    if config.model != "ngram" and "valid" not in texts:
        text, texts["valid"] = _hold_out(text, config.valid_fraction)
        notes.append(f"the last {len(texts['valid'])} training lines are held out for validation")
    for name, other in texts.items():
        repeated = other.repeated_in(text)
        if repeated:
            notes.append(f"{repeated} of {len(other)} {name} lines also stand in the training text")
    always = getattr(pipeline.stages[-1], "pieces", ())
    vocab = language_model_vocab_of(text, config, always)
    corpus = training_corpus(text, vocab, scratch=scratch)
    return Prepared(pipeline, vocab, corpus, _measured(texts, vocab), tuple(notes))


def _prepare_counts(
    config: LanguageModelConfig, ngram: NgramOptions, *, valid: Lines | None, test: Lines | None
) -> Prepared:
    from textkit.lm.counts.file import read_counts

    pipeline = make_pipeline(config, ())
    texts = _held_out(pipeline, valid=valid, test=test)
    counts, vocab = read_counts(ngram.counts, order=config.order)
    return Prepared(
        pipeline, vocab, EncodedCorpus.from_sequences([]), _measured(texts, vocab), (), counts=counts
    )


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


def _hold_out(text: InternedText, fraction: float) -> tuple[InternedText, InternedText]:
    """The first lines and the last ones, by number of tokens."""
    target = text.corpus.offsets[-1] * (1 - fraction)
    cut = int((text.corpus.offsets <= target).sum()) - 1
    cut = min(max(cut, 1), len(text) - 1)
    if cut < 1:
        raise InputError("the training text has one line; nothing can be held out: give a validation file")
    return text.part(0, cut), text.part(cut, len(text))
