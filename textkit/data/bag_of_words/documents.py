"""Texts cleaned and tokenized part by part, as the compiled loops want them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from textkit.errors import InputError, StageError, TextkitError, UsageError
from textkit.text.lines import Lines
from textkit.text.pipeline import Pipeline
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizer import BatchTokenizer, Tokenizer

_AT_ONCE = 1 << 17  # characters, or tokens; what is found in them stays near the processor

Texts: TypeAlias = Iterable[str] | Iterable[Sequence[str]] | TokenBatch
Preparation: TypeAlias = Pipeline[str, Any] | Callable[[str], list[str]] | None


@dataclass(frozen=True, eq=False)
class Part:
    """Some texts: `tokens` where words are wanted, `lines`, cleaned, where characters are."""

    tokens: TokenBatch | None
    lines: Lines | None

    def __len__(self) -> int:
        return len(self.tokens if self.tokens is not None else self.lines or ())


class Documents:
    """What is done with texts before they are counted.

    `pipeline` is stages of cleaning and a tokenizer, a tokenizer alone, cleaning alone where no words
    are wanted, or None: texts are lists of tokens then.
    """

    def __init__(
        self,
        pipeline: Preparation,
        *,
        words: bool,
        characters: bool,
    ) -> None:
        stages: tuple[Callable[[Any], Any], ...]
        stages = pipeline.stages if isinstance(pipeline, Pipeline) else (pipeline,) if pipeline else ()
        self._words, self._characters = words, characters
        self.ready = pipeline is None
        if self.ready and characters:
            raise UsageError("n-grams of characters need texts, not tokens: give a pipeline or a tokenizer")
        if words and not self.ready and not stages:
            raise UsageError("n-grams of words need a tokenizer: add one to the pipeline")
        cut = bool(stages) and (words or isinstance(stages[-1], Tokenizer))
        self.tokenizer: Callable[[str], list[str]] | None = stages[-1] if cut else None
        self.cleaning: Pipeline[str, str] = Pipeline(stages[:-1] if cut else stages)

    def parts(self, texts: Texts) -> Iterator[Part]:
        """All texts in order, cleaned and tokenized.

        Raises InputError for texts of the wrong type; what cleaning and tokenizing raise names the text.
        """
        if isinstance(texts, TokenBatch):
            if self._characters:
                raise UsageError("n-grams of characters need texts: a batch of tokens has none")
            yield from _batches(texts)
        elif isinstance(texts, str):
            raise InputError("texts must be a list of strings, not one string: put it into a list")
        elif not isinstance(texts, Iterable):
            raise InputError(f"texts must be a list of strings, not {type(texts).__name__}")
        else:
            texts = texts if isinstance(texts, list | tuple) else list(texts)
            if self.ready:
                _check(texts, (list, tuple), "a list of tokens, since there is no tokenizer")
            else:
                _check(texts, (str,), "a string")
            for begin, end in _bounds(texts):
                yield self._part(texts[begin:end], begin)

    def _part(self, texts: Sequence[Any], begin: int) -> Part:
        if self.ready:
            return Part(TokenBatch.of(texts), None)
        lines = Lines.of(self.cleaning.batch(texts, place=lambda index: f"text {begin + index + 1}"))
        tokens = self._tokens(lines, begin) if self._words else None
        return Part(tokens, lines if self._characters else None)

    def _tokens(self, lines: Lines, begin: int) -> TokenBatch:
        assert self.tokenizer is not None
        if isinstance(self.tokenizer, BatchTokenizer):
            return self.tokenizer.batch(lines)
        sequences = []
        for number, line in enumerate(lines, begin + 1):
            try:
                sequences.append(self.tokenizer(line))
            except TextkitError as error:
                raise type(error)(f"text {number}: {error}") from error
            except Exception as error:
                raise StageError(f"text {number}: the tokenizer failed: {error!r}") from error
        return TokenBatch.of(sequences)


def _check(texts: Sequence[Any], kinds: tuple[type, ...], wanted: str) -> None:
    wrong = [kind for kind in set(map(type, texts)) if not issubclass(kind, kinds)]
    if wrong:
        number, text = next((n, text) for n, text in enumerate(texts, 1) if type(text) in wrong)
        raise InputError(f"text {number} must be {wanted}, not {type(text).__name__}")


def _bounds(texts: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Parts of about `_AT_ONCE` characters, or tokens."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    begin = done = 0
    while begin < len(texts):
        end = min(int(ends.searchsorted(done + _AT_ONCE)) + 1, len(texts))
        yield begin, end
        begin, done = end, int(ends[end - 1])


def _batches(batch: TokenBatch) -> Iterator[Part]:
    """A batch in parts of about `_AT_ONCE` tokens, which share its bytes."""
    offsets, begin = batch.offsets, 0
    while begin < len(batch):
        end = max(int(offsets.searchsorted(offsets[begin] + _AT_ONCE, "right")) - 1, begin + 1)
        first, last = offsets[begin], offsets[end]
        starts, ends = batch.starts[first:last], batch.ends[first:last]
        yield Part(TokenBatch(batch.buffer, starts, ends, offsets[begin : end + 1] - first), None)
        begin = end
