"""A tokenized text kept as ids of its own types: four bytes a token, before any vocabulary exists.

One pass over the text serves counting, building the vocabulary and encoding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.text_blocks import StringBlock, TextBlock, TextBlocks, byte_sizes
from textkit.engine import Engine, Serial, map_blocks
from textkit.errors import TextkitError
from textkit.scratch import Scratch, pieces, release
from textkit.text.kernels import unavailable
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import BatchTokenizer

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch
    from textkit.text.token_table import TokenTable

_BLANK = " \t\r\u3000\u2581"  # the last is how sentencepiece writes a space
_ENOUGH = 1 << 20  # characters; shorter texts need no compiled code
_AT_ONCE = 1 << 18  # characters tokenized together: what is found in them stays near the processor
_TOGETHER = 256  # lines taken from an iterator at once
_LINES = 1 << 16  # compared at once
_COUNTED = 1 << 22  # ids counted at once

Tokenize = Callable[[str], list[str]]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class InternedText:
    """`corpus` holds, for each line, indices into `types`, which stand in order of first appearance.

    `characters` and `bytes` (UTF-8) are (S,), the size of each line as it was read, its end included.

    >>> text = InternedText.of(["b a", "", "a"], str.split)
    >>> text.types, text.corpus.ids.tolist(), text.counts()
    (('b', 'a'), [0, 1, 1], {'b': 1, 'a': 2})
    >>> text.characters.tolist()
    [4, 1, 2]
    """

    types: tuple[str, ...]
    corpus: EncodedCorpus
    characters: npt.NDArray[np.int64]
    bytes: npt.NDArray[np.int64]

    @staticmethod
    def of(
        lines: Iterable[str] | TextBlocks,
        tokenize: Tokenize,
        *,
        scratch: Scratch | None = None,
        jobs: int | None = None,
        enough: int | None = None,
    ) -> InternedText:
        """Tokenize lines (without their ends), in one pass; an error names the line, counted from 1.

        Of a text for which its batches pay, and a megabyte or more (or of `enough` characters, where many
        texts are to come), a BatchTokenizer, or a pipeline that ends in one, takes many lines at once, and
        no string is made for a token; nor one for a line where `lines` are TextBlocks and nothing is cleaned.
        Tokenizers that leave the interpreter's lock alone then work in `jobs` threads (None: one for each
        core) while this one numbers what they found. With a folder `scratch` takes the ids, offsets and
        sizes, and the memory needed does not grow with the text, only with its types.
        """
        scratch = scratch or Scratch()
        blocks = iter(lines.blocks if isinstance(lines, TextBlocks) else _chunks(iter(lines), _AT_ONCE))
        parts, types = _parts(blocks, tokenize, jobs, enough)
        ids, offsets, characters, sizes = (
            scratch.column(dtype) for dtype in (np.int32, np.int64, np.int64, np.int64)
        )
        offsets.append(np.zeros(1, np.int64))
        for part in parts:
            offsets.append(part.corpus.offsets[1:] + len(ids))
            ids.append(part.corpus.ids)
            characters.append(part.characters + 1)
            sizes.append(part.bytes + 1)
        corpus = EncodedCorpus(ids.finish(), offsets.finish())
        return InternedText(tuple(types()), corpus, characters.finish(), sizes.finish())

    def __len__(self) -> int:
        return len(self.corpus)

    def counts(self) -> dict[str, int]:
        """How often each type occurs, in order of first appearance; types of other parts are left out."""
        ids = self.corpus.ids
        counts = np.zeros(len(self.types), np.int64)
        for begin, end in pieces(len(ids), _COUNTED, ids):
            counts += np.bincount(ids[begin:end], minlength=len(counts))
        return {token: n for token, n in zip(self.types, counts.tolist(), strict=True) if n}

    def part(self, begin: int, end: int) -> InternedText:
        """Lines `begin` to `end`-1, sharing the types."""
        offsets = self.corpus.offsets[begin : end + 1]
        corpus = EncodedCorpus(self.corpus.ids[offsets[0] : offsets[-1]], offsets - offsets[0])
        return InternedText(self.types, corpus, self.characters[begin:end], self.bytes[begin:end])

    def repeated_in(self, other: InternedText) -> int:
        """How many lines here, blank ones apart, stand word for word in `other` too: a leak if held out."""
        index = {token: i for i, token in enumerate(self.types)}
        here = np.array([index.get(token, -1) for token in other.types], np.int32)  # its types in our numbers
        blank = np.array([not token.strip(_BLANK) for token in self.types], bool)
        mine = [line.tobytes() for line in self.corpus if not blank[line].all()]
        wanted, found = set(mine), set[bytes]()
        marks = np.unique(_marks(self.corpus))
        for begin in range(0, len(other), _LINES):
            some = other.part(begin, begin + _LINES).corpus
            some = EncodedCorpus(here[some.ids], some.offsets)
            for line in np.flatnonzero(np.isin(_marks(some), marks)).tolist():
                if (key := some[line].tobytes()) in wanted:
                    found.add(key)
            release(other.corpus.ids)
        return sum(key in found for key in mine)


def _marks(corpus: EncodedCorpus) -> Longs:
    """A number for each line, (S,): of lines with the same ids the same, and of few others."""
    if not len(corpus.ids):
        return np.zeros(len(corpus), np.int64)
    begins, ends = corpus.offsets[:-1], corpus.offsets[1:]
    first = corpus.ids[np.minimum(begins, len(corpus.ids) - 1)].astype(np.int64)
    last = corpus.ids[np.maximum(ends, 1) - 1].astype(np.int64)
    marks: Longs = (first << 32 ^ last) * 0x9E3779B97F4A7C1 + (ends - begins)  # it may run over
    return marks


class _Part(NamedTuple):
    """Some lines: indices of types, and the size of each line without its end."""

    corpus: EncodedCorpus
    characters: Longs
    bytes: Longs


def _parts(
    blocks: Iterator[TextBlock], tokenize: Tokenize, jobs: int | None, enough: int | None
) -> tuple[Iterator[_Part], Callable[[], Iterable[str]]]:
    """The text in parts, made in the way that suits it, and what gives the types when all parts are made."""
    *cleaning, tokenizer = tokenize.stages if isinstance(tokenize, Pipeline) else (tokenize,)
    if isinstance(tokenizer, BatchTokenizer) and not unavailable():
        enough = max(tokenizer.batch_pays, _ENOUGH) if enough is None else enough
        first, size = [], 0
        while size < enough and (block := next(blocks, None)) is not None:
            first.append(block)
            size += block.size
        blocks = chain(first, blocks)
        if size >= enough:
            from textkit.text.token_table import TokenTable

            table = TokenTable()
            engine = _engine(jobs, unlocked=tokenizer.unlocked and not cleaning)
            work = _Batches(tokenizer, Pipeline(tuple(cleaning)))
            return _by_batches(blocks, work, tokenize, table, engine), table.tokens
    index: dict[str, int] = {}
    return _by_lines(blocks, tokenize, index), lambda: index


def _by_lines(blocks: Iterator[TextBlock], tokenize: Tokenize, index: dict[str, int]) -> Iterator[_Part]:
    number = 1
    for block in blocks:
        lines = block.strings()
        corpus = EncodedCorpus.from_sequences(
            [index.setdefault(token, len(index)) for token in tokens]
            for tokens in _tokens(lines, tokenize, number)
        )
        characters = np.fromiter(map(len, lines), np.int64, len(lines))
        yield _Part(corpus, characters, byte_sizes(lines, first=number))
        number += len(lines)


class _Tokenized(NamedTuple):
    """The lines of a block, their sizes without ends, and their tokens, or None: some line has none."""

    lines: Lines
    characters: Longs
    bytes: Longs
    batch: TokenBatch | None


@dataclass(frozen=True)
class _Batches:
    """Tokenizes a block; errors of tokenizing are left to who knows the number of its first line."""

    tokenizer: BatchTokenizer
    clean: Pipeline[str, str]

    def __call__(self, block: TextBlock) -> _Tokenized:
        from textkit.text.kernels.utf8 import line_sizes

        lines = block.lines()
        characters, sizes = np.empty(len(lines), np.int64), np.empty(len(lines), np.int64)
        line_sizes(lines.buffer, lines.starts, lines.ends, characters, sizes)
        try:
            cleaned = self.clean.batch(list(lines)) if self.clean.stages else lines
            batch = self.tokenizer.batch(cleaned)
        except Exception:  # line by line, which finds the one to name
            batch = None
        return _Tokenized(lines, characters, sizes, batch)


def _by_batches(
    blocks: Iterator[TextBlock], work: _Batches, tokenize: Tokenize, table: TokenTable, engine: Engine
) -> Iterator[_Part]:
    from textkit.text.token_batch import TokenBatch

    number = 1
    with engine:
        for lines, characters, sizes, batch in map_blocks(work, blocks, engine=engine):
            if batch is None:
                batch = TokenBatch.of(_tokens(lines, tokenize, number))
            yield _Part(EncodedCorpus(table.add(batch), batch.offsets), characters, sizes)
            number += len(lines)


def _engine(jobs: int | None, *, unlocked: bool) -> Engine:
    if jobs is None:
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if jobs == 1 or not unlocked:
        return Serial()
    from textkit.engine import Threads

    return Threads(jobs)


def _tokens(lines: Iterable[str], tokenize: Tokenize, number: int) -> Iterator[list[str]]:
    for place, line in enumerate(lines, number):
        try:
            yield tokenize(line)
        except TextkitError as error:
            raise type(error)(f"line {place}: {error}") from error


def _chunks(lines: Iterator[str], enough: int) -> Iterator[TextBlock]:
    """Lines of about `enough` characters, their ends included, together."""
    chunk: list[str] = []
    first, size, some = 1, 0, 1
    while more := list(islice(lines, some)):
        chunk += more
        size += sum(map(len, more)) + len(more)
        some = _TOGETHER
        if size >= enough:
            yield StringBlock(chunk, first)
            first += len(chunk)
            chunk, size = [], 0
        else:  # lines as long as these
            some = max(1, min(_TOGETHER, (enough - size) * len(chunk) // size))
    if chunk:
        yield StringBlock(chunk, first)
