"""Where in a text each feature occurs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.documents import Documents, Part
from textkit.data.bag_of_words.fitted import Fitted
from textkit.data.bag_of_words.ngram_table import Kind
from textkit.errors import UsageError
from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizer import Tokenizer

Integers = npt.NDArray[np.int32]
Span = tuple[int, int]

_CHARACTERS = re.compile(r"\s\s+|.", re.DOTALL)  # what is one character to an index


class Occurrences(NamedTuple):
    """Feature `columns[i]` stands at `text[starts[i]:ends[i]]`, in characters, (N,) each, by their starts.

    Of words the span reaches from the first to the end of the last; blanks between them may be in it.
    """

    columns: Integers
    starts: Integers
    ends: Integers


def occurrences(text: str, documents: Documents, fitted: Fitted) -> Occurrences:
    """Every occurrence of a feature in a raw text.

    Raises UsageError where there are no texts but tokens, for a tokenizer that cannot say where its
    tokens are, and for cleaning that cannot be traced back.
    """
    if documents.ready:
        raise UsageError("occurrences need a text and a tokenizer; this index takes tokens as they are")
    cleaned, alignment = documents.cleaning.aligned(text)
    found: list[tuple[int, int, int]] = []
    if fitted.words is not None:
        tokens, spans = _words(cleaned, documents.tokenizer)
        part = Part(TokenBatch.of([tokens]), None)
        found += _placed(fitted.words, part, spans, base=0)
    if fitted.characters is not None:
        spans = [match.span() for match in _CHARACTERS.finditer(cleaned)]
        part = Part(None, Lines.of([cleaned]))
        found += _placed(fitted.characters, part, spans, base=fitted.base)
    rows = sorted((*alignment.span(start, end), column) for start, end, column in found)
    starts, ends, columns = (np.array(each, np.int32) for each in zip(*rows, strict=True)) if rows else _NONE
    return Occurrences(columns, starts, ends)


_NONE = (np.empty(0, np.int32),) * 3


def _words(cleaned: str, tokenizer: object) -> tuple[list[str], list[Span]]:
    if not isinstance(tokenizer, Tokenizer):
        raise UsageError(f"{tokenizer!r} cannot say where its tokens are; give it a method 'offsets'")
    tokens = [token for token in tokenizer.offsets(cleaned) if token.text.strip()]
    return [token.text for token in tokens], [(token.start, token.end) for token in tokens]


def _placed(kind: Kind, part: Part, spans: list[Span], *, base: int) -> Iterator[tuple[int, int, int]]:
    """Start, end and column of each feature of a text whose symbols are at `spans`."""
    nodes = kind.find(part).nodes
    longest = kind.highest
    for row, order in enumerate(range(longest - len(nodes) + 1, longest + 1)):
        for place in np.flatnonzero((nodes[row] >= 0) & (nodes[row] < kind.width)).tolist():
            # Words may overlap, a longer one after those inside it.
            covered = spans[place : place + order]
            start, end = min(span[0] for span in covered), max(span[1] for span in covered)
            yield start, end, base + int(nodes[row, place])
