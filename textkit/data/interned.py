"""A tokenized text kept as ids of its own types: four bytes a token, before any vocabulary exists.

One pass over the text serves counting, building the vocabulary and encoding.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import TextkitError
from textkit.text.kernels import unavailable
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import BatchTokenizer

if TYPE_CHECKING:
    from textkit.text.token_batch import TokenBatch

_BLANK = " \t\r\u3000\u2581"  # the last is how sentencepiece writes a space
_CHARACTERS = (
    1 << 20
)  # of the lines that are tokenized together; texts shorter than that need no compiled code

Tokenize = Callable[[str], list[str]]


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
    def of(lines: Iterable[str], tokenize: Tokenize) -> InternedText:
        """Tokenize lines (without their ends), in one pass; an error names the line, counted from 1.

        Of a text for which its batches pay, and a megabyte or more, a BatchTokenizer, or a pipeline that
        ends in one, takes many lines at once, and no string is made for a token.
        """
        lines = iter(lines)
        coder, first = _coder(lines, tokenize)
        ids, offsets, characters, sizes = array("i"), array("q", [0]), array("q"), array("q")
        for chunk in chain([first], _chunks(lines, _CHARACTERS)):
            part = coder.codes(chunk, number=len(characters) + 1)
            offsets.frombytes((part.offsets[1:] + len(ids)).tobytes())
            ids.frombytes(part.ids.tobytes())
            characters.extend([len(line) + 1 for line in chunk])
            sizes.extend([len(line.encode()) + 1 for line in chunk])
        corpus = EncodedCorpus(np.array(ids, dtype=np.int32), np.array(offsets, dtype=np.int64))
        columns = (np.array(column, dtype=np.int64) for column in (characters, sizes))
        return InternedText(coder.types(), corpus, *columns)

    def __len__(self) -> int:
        return len(self.corpus)

    def counts(self) -> dict[str, int]:
        """How often each type occurs, in order of first appearance; types of other parts are left out."""
        counts = np.bincount(self.corpus.ids, minlength=len(self.types)).tolist()
        return {token: n for token, n in zip(self.types, counts, strict=True) if n}

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
        wanted = set(mine)
        found = {key for line in other.corpus if (key := here[line].tobytes()) in wanted}
        return sum(key in found for key in mine)


class _Coder(Protocol):
    def codes(self, lines: list[str], *, number: int) -> EncodedCorpus:
        """The tokens of lines as indices of types; `number` is that of the first line."""
        ...

    def types(self) -> tuple[str, ...]: ...


class _Strings:
    """Line by line."""

    def __init__(self, tokenize: Tokenize) -> None:
        self._tokenize = tokenize
        self._index: dict[str, int] = {}

    def codes(self, lines: list[str], *, number: int) -> EncodedCorpus:
        index = self._index
        return EncodedCorpus.from_sequences(
            [index.setdefault(token, len(index)) for token in tokens]
            for tokens in _tokens(lines, self._tokenize, number)
        )

    def types(self) -> tuple[str, ...]:
        return tuple(self._index)


class _Batches:
    """Many lines at once."""

    def __init__(self, tokenize: Tokenize, together: Callable[[list[str]], TokenBatch]) -> None:
        from textkit.text.token_table import TokenTable

        self._tokenize = tokenize
        self._together = together
        self._table = TokenTable()

    def codes(self, lines: list[str], *, number: int) -> EncodedCorpus:
        from textkit.text.token_batch import TokenBatch

        try:
            batch = self._together(lines)
        except Exception:  # line by line, which finds the one to name
            batch = TokenBatch.of(_tokens(lines, self._tokenize, number))
        return EncodedCorpus(self._table.add(batch), batch.offsets)

    def types(self) -> tuple[str, ...]:
        return tuple(self._table.tokens())


def _coder(lines: Iterator[str], tokenize: Tokenize) -> tuple[_Coder, list[str]]:
    """The way that suits the text, and the lines read to find out whether there are enough for batches."""
    *cleaning, tokenizer = tokenize.stages if isinstance(tokenize, Pipeline) else (tokenize,)
    if not isinstance(tokenizer, BatchTokenizer) or unavailable():
        return _Strings(tokenize), []
    enough = max(tokenizer.batch_pays, _CHARACTERS)
    first = next(_chunks(lines, enough), [])
    if sum(map(len, first)) + len(first) < enough:
        return _Strings(tokenize), first
    clean: Pipeline[str, str] = Pipeline(tuple(cleaning))
    return _Batches(tokenize, lambda lines: tokenizer.batch(clean.batch(lines))), first


def _tokens(lines: Iterable[str], tokenize: Tokenize, number: int) -> Iterator[list[str]]:
    for place, line in enumerate(lines, number):
        try:
            yield tokenize(line)
        except TextkitError as error:
            raise type(error)(f"line {place}: {error}") from error


def _chunks(lines: Iterable[str], enough: int) -> Iterator[list[str]]:
    """Lines of `enough` characters, their ends included, together."""
    chunk: list[str] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line) + 1
        if size >= enough:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
