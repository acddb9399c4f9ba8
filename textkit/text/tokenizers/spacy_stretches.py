"""spaCy's tokens for many lines at once: each distinct stretch of text is given to spaCy one time.

spaCy cuts a text at its white space and tokenizes each chunk between by itself, so equal chunks have
equal tokens, with one exception. After all else its matcher of special cases looks for their tokens (the
two of ":)", say) in the whole text, and does not see the spaces between: in "ha:) )" it finds ":))",
leaves it because of the space, and the ":)" is not put together. Two chunks with one space between can so
concern each other only where the last token of one and the first of the next are neighbours in a special
case. Such chunks are joined to one stretch; all others are stretches by themselves.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable

_AT_ONCE = 1 << 16  # chunks that are tokenized together
_LARGEST = 1 << 26  # bytes of the table of stretches; beyond, it begins anew


class SpacyStretches:
    """The tokens of every stretch seen so far, by the rules of a `spacy.tokenizer.Tokenizer`.

    Only for a tokenizer whose special cases hold no white space but single spaces inside (`suits`).
    """

    def __init__(self, tokenizer: Any) -> None:
        self._full, self._raw, plain = _parts(tokenizer)
        cases = [[token.text for token in plain(case)] for case in tokenizer.rules if not case.isspace()]
        pairs = {pair for case in cases for pair in pairwise(case)}
        self._alone = {case[0] for case in cases if len(case) == 1}
        # What may stand at the left and at the right of the place where two tokens of a case meet, numbered.
        self._lefts = {token: code for code, token in enumerate({left for left, _ in pairs}, 1)}
        self._rights = {token: code for code, token in enumerate({right for _, right in pairs}, 1)}
        self._neighbours = np.zeros((len(self._lefts) + 1, len(self._rights) + 1), np.bool_)
        for left, right in pairs:
            self._neighbours[self._lefts[left], self._rights[right]] = True
        self._one_at_a_time = threading.Lock()
        self._forget()

    @staticmethod
    def suits(tokenizer: Any) -> bool:
        """Whether a tokenizer's tokens can be had from stretches."""
        from spacy.tokenizer import Tokenizer

        if type(tokenizer) is not Tokenizer:
            return False
        return all(case.isspace() or case == " ".join(case.split()) for case in tokenizer.rules)

    def tokens(self, lines: Lines) -> TokenBatch:
        """The tokens of each line that are not white space."""
        with self._one_at_a_time:
            return self._tokens(lines)

    def _tokens(self, lines: Lines) -> TokenBatch:
        from textkit.text.kernels.spans import repeat_tokens
        from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

        if self._table.memory > _LARGEST:
            self._forget()
        chunks = WhitespaceTokenizer().batch(lines)
        codes = self._table.add(chunks)
        self._learn_chunks()
        chunks, codes = self._joined(chunks, codes)
        first = np.frombuffer(self._first, np.int64)
        room = int((first[1:] - first[:-1])[codes].sum())
        starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
        offsets = np.empty(len(lines) + 1, np.int64)
        places = np.frombuffer(self._starts, np.int32), np.frombuffer(self._ends, np.int32)
        repeat_tokens(chunks.starts, codes, chunks.offsets, first, *places, starts, ends, offsets)
        return TokenBatch(lines.buffer, starts, ends, offsets, lines)

    def _joined(
        self, chunks: TokenBatch, codes: npt.NDArray[np.int32]
    ) -> tuple[TokenBatch, npt.NDArray[np.int32]]:
        """Chunks that concern each other made into one stretch, and the codes of all."""
        apart = np.ones(len(codes) + 1, np.bool_)  # from the stretch before
        left = np.frombuffer(self._left, np.int32)[codes[:-1]]
        right = np.frombuffer(self._right, np.int32)[codes[1:]]
        near = self._neighbours[left, right] & (chunks.starts[1:] == chunks.ends[:-1] + 1)
        near &= chunks.buffer[chunks.ends[:-1]] == ord(" ")
        apart[1:-1] = ~near
        apart[chunks.offsets] = True
        if apart.all():
            return chunks, codes
        offsets = np.concatenate(([0], np.cumsum(apart[:-1])))[chunks.offsets]
        starts, ends, codes = chunks.starts[apart[:-1]], chunks.ends[apart[1:]], codes[apart[:-1]]
        joined = ~(apart[:-1] & apart[1:])[apart[:-1]]
        codes[joined] = self._table.add(
            TokenBatch(chunks.buffer, starts[joined], ends[joined], np.array([0, joined.sum()], np.int64))
        )
        self._learn_joined()
        return TokenBatch(chunks.buffer, starts, ends, offsets, chunks.lines), codes

    def _forget(self) -> None:
        self._table = TokenTable()
        # By code: its tokens are those from _first[code] to _first[code+1]-1, in bytes from its start.
        self._first = array("q", [0])
        self._starts, self._ends = array("i"), array("i")
        # By code: the number of its last token among the lefts, of its first among the rights; 0 for none.
        self._left, self._right = array("i"), array("i")

    def _new(self) -> list[str]:
        """The stretches that the table has and we do not know yet."""
        codes = np.arange(len(self._first) - 1, len(self._table))
        return self._table.batch(codes).lists()[0]

    def _learn_chunks(self) -> None:
        """Tokenize new chunks, all together: without the matcher they do not concern each other."""
        new = self._new()
        for begin in range(0, len(new), _AT_ONCE):
            with self._raw.vocab.memory_zone():  # what the vocabulary takes up for them is given back
                self._learn_together(new[begin : begin + _AT_ONCE])

    def _learn_together(self, chunks: list[str]) -> None:
        from textkit.text.kernels.spans import byte_places

        lines = Lines.of(chunks)
        doc = self._raw(" ".join(chunks))
        texts = [token.text for token in doc]
        characters = np.fromiter((token.idx for token in doc), np.int32, len(texts))
        starts = np.empty_like(characters)
        byte_places(lines.buffer, lines.starts[:1], np.array([0, len(texts)]), characters, starts)
        ends = starts + np.fromiter((len(text.encode()) for text in texts), np.int32, len(texts))
        owners = np.searchsorted(lines.starts, starts, side="right") - 1
        left = np.fromiter((self._lefts.get(text, 0) for text in texts), np.int32, len(texts))
        right = np.fromiter((self._rights.get(text, 0) for text in texts), np.int32, len(texts))
        first = np.searchsorted(owners, np.arange(len(chunks) + 1))
        self._left.frombytes(left[first[1:] - 1].tobytes())
        self._right.frombytes(right[first[:-1]].tobytes())
        # The matcher finds something only where there is a whole special case.
        doubtful = np.fromiter(map(self._alone.__contains__, texts), np.bool_, len(texts))
        doubtful[1:] |= self._neighbours[left[:-1], right[1:]] & (owners[1:] == owners[:-1])
        unsure = set(owners[doubtful].tolist())
        begins = lines.starts[owners]
        starts, ends = starts - begins, ends - begins
        done = 0  # chunks
        for chunk in (*sorted(unsure), len(chunks)):
            tokens = slice(first[done], first[chunk])
            shift = len(self._starts) - first[done]
            self._first.frombytes((first[done + 1 : chunk + 1] + shift).tobytes())
            self._starts.frombytes(starts[tokens].tobytes())
            self._ends.frombytes(ends[tokens].tobytes())
            if chunk < len(chunks):
                self._add(chunks[chunk])
            done = chunk + 1

    def _learn_joined(self) -> None:
        """Tokenize new stretches of several chunks."""
        with self._full.vocab.memory_zone():
            for stretch in self._new():
                self._add(stretch)
                self._left.append(0)
                self._right.append(0)

    def _add(self, stretch: str) -> None:
        """The tokens of one stretch as spaCy gives them."""
        end = byte = 0
        for token in self._full(stretch):
            byte += len(stretch[end : token.idx].encode())
            self._starts.append(byte)
            byte += len(token.text.encode())
            self._ends.append(byte)
            end = token.idx + len(token.text)
        self._first.append(len(self._starts))


def _parts(tokenizer: Any) -> tuple[Any, Any, Any]:
    """The tokenizer, the same without its last pass (the matcher), and without special cases at all.

    They share a vocabulary of their own, which computes nothing for a new word but its number. The matcher
    is given only the cases in which an affix is found when they are added, and those with a space, so a
    tokenizer that finds no affix until all have been added, and lacks the others, has an empty matcher.
    """
    from spacy.tokenizer import Tokenizer
    from spacy.vocab import Vocab

    adding = True

    def unless_adding(find: Callable[[str], Any] | None) -> Callable[[str], Any] | None:
        return find and (lambda text: None if adding else find(text))

    def infixes(text: str) -> Iterable[Any]:
        return () if adding or not tokenizer.infix_finditer else tokenizer.infix_finditer(text)

    affixes = {
        "prefix_search": tokenizer.prefix_search,
        "suffix_search": tokenizer.suffix_search,
        "infix_finditer": tokenizer.infix_finditer,
    }
    matches = {"token_match": tokenizer.token_match, "url_match": tokenizer.url_match}
    vocab = Vocab()
    rules = {case: tokens for case, tokens in tokenizer.rules.items() if not case.isspace()}
    full = Tokenizer(vocab, rules=rules, faster_heuristics=tokenizer.faster_heuristics, **affixes, **matches)
    raw = Tokenizer(
        vocab,
        rules={case: tokens for case, tokens in rules.items() if " " not in case},
        prefix_search=unless_adding(tokenizer.prefix_search),
        suffix_search=unless_adding(tokenizer.suffix_search),
        infix_finditer=infixes,
        **matches,
    )
    adding = False
    return full, raw, Tokenizer(vocab, **affixes, **matches)
