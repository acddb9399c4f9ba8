r"""Count files: n-grams and how often each was there, as SRILM's ngram-count writes and reads them.

    <s> of<tab>3
    of the<tab>17
    the<tab>120

A line has the words of an n-gram, of any order, a tab, and its count. `<s>` and `</s>` begin and end a
sentence, `<unk>` is the unknown word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError, UsageError
from textkit.lm import ngram_text
from textkit.lm.counts.lines import Listed, read_pieces
from textkit.lm.counts.ngram_counts import NgramCounts
from textkit.lm.counts.windows import Counts, tables
from textkit.lm.language_model import END, SPECIALS, language_model_vocab
from textkit.lm.ngram_text import Rows, WordBytes, check_words, ngram_ids, write_lines
from textkit.lm.stream import Ints
from textkit.lm.threads import default_jobs, each
from textkit.lm.trie import BEGIN, END_ID, NgramTrie, Words, read_only
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable
from textkit.text.vocab import Vocab

_COUNT = 40  # bytes that a count takes at most, and what is copied beyond the last word
_MARKS = (*SPECIALS, BEGIN)  # codes 0, 1 and 2 while files are read


def write_counts(counts: NgramCounts, vocab: Vocab, path: Path | str, *, jobs: int | None = None) -> None:
    """Write all n-grams with their counts, gzipped when the name ends in .gz; whole or not at all.

    Orders ascend, n-grams are sorted by their words' ids. Every word of the vocabulary has a line, also one
    that was never seen; that of `<s>` counts the sentences. `jobs` threads format, as many as there are
    processors by default; the file does not depend on it. Raises UsageError for words that no such line can
    hold, TextkitError when the file cannot be written.
    """
    path = Path(path)
    if len(vocab) != counts.vocab_size:
        raise UsageError(f"these counts are of {counts.vocab_size} words, the vocabulary has {len(vocab)}")
    check_words(vocab, path, kind="a count file")
    sizes = [counts.trie.size(k) for k in range(1, counts.order + 1)]
    step = ngram_text.PIECE
    pieces = (Rows(k, i, min(i + step, n)) for k, n in enumerate(sizes, 1) for i in range(0, n, step))
    write_lines(path, pieces, _Lines(counts, WordBytes.of(vocab)), jobs=jobs)


def read_counts(
    paths: Sequence[Path | str], *, order: int | None = None, jobs: int | None = None
) -> tuple[NgramCounts, Vocab]:
    r"""The counts of all files added up, and the vocabulary of their words.

    Files may be gzipped, and lines stand in any order. An n-gram without a line counts as often as it
    is continued, so that the longest n-grams and the shorter ones that end in `</s>` will do; one that is
    counted more often than it is continued keeps its count. `order` leaves out longer n-grams; if there are
    only shorter ones, the counts are of a lower order. `jobs`
    threads parse.

    Equal counts come of a text and of its count files, but words are `first_seen` in the order of their ids
    there: it decides which n-grams lmplz treats in a way of its own (`NgramCounts.last_in_suffix_order`), so
    that a model from count files may differ from lmplz's: in the last digits of a discount, and on small
    texts, where one n-gram more or less of a count matters, by more.

    Raises InputError, with the line, for what is no n-gram with its count, for a count below the sum of its
    continuations, and for an n-gram that is there without its last words alone, which estimation needs.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.counts")
    >>> _ = path.write_text("<s> a b\t2\na b </s>\t2\nb </s>\t2\n</s>\t2\n")
    >>> counts, vocab = read_counts([path])
    >>> vocab.tokens, [table.tolist() for table in counts.raw]
    (('<unk>', '</s>', 'a', 'b'), [[0, 2, 2, 2, 0], [2, 2, 2], [2, 2]])
    """
    if not paths:
        raise UsageError("name the count files to read")
    if order is not None and order < 1:
        raise UsageError(f"the order of an n-gram model is 1 or more, not {order}")
    table = TokenTable()
    table.add(TokenBatch.of([_MARKS]))
    pieces = [piece for path in paths for piece in read_pieces(Path(path), table, jobs=jobs)]
    longest = max(int(piece.lengths.max(initial=1)) for piece in pieces)
    listed = Listed.of(pieces, len(table), longest=longest)
    tokens = table.tokens()
    codes, vocab = _vocab(tokens, listed.alone)
    listed.rename(codes)
    trie, raw = _completed(listed, vocab)
    found = raw[0][codes[:-1]]  # of the words in the order of the files
    if (found != listed.alone)[[0, *range(len(_MARKS), len(tokens))]].any():  # words without a line
        before = codes
        codes, vocab = _vocab(tokens, found)
        steps = np.full(len(codes), -1, np.int32)
        steps[before] = codes
        listed.rename(steps)
        trie, raw = _completed(listed, vocab)
    if order is not None and order < longest:
        trie = NgramTrie(trie.vocab_size, trie.words[:order], trie.first[: order - 1])
        raw = tuple(table.copy() for table in raw[:order])
    _check_suffixes(listed, trie, raw, vocab)
    raw[0][-1] = 0
    first_seen = np.where(raw[0] > 0, np.arange(-1, len(vocab)), -1)
    first_seen[-1] = 0
    return NgramCounts(trie, raw, first_seen), vocab


def _vocab(tokens: list[str], found: Ints) -> tuple[Words, Vocab]:
    """The vocabulary of counted words, and for each code the word's id, V for `<s>`, and last a -1."""
    words = {token: int(n) for token, n in zip(tokens, found, strict=True) if token not in (BEGIN, END)}
    vocab = language_model_vocab(words, min_count=0)
    ids = {token: i for i, token in enumerate((*vocab.tokens, BEGIN))}
    return np.array([*(ids[token] for token in tokens), -1], np.int32), vocab


def _completed(listed: Listed, vocab: Vocab) -> tuple[NgramTrie, Counts]:
    """The trie of all n-grams, and their counts.

    First each window counts for all n-grams that it begins with, which adds up lines of the same n-gram. What
    is left of an n-gram's count less its continuations' is what its own lines say, so far as it has any.
    """
    from textkit.lm.kernels.count_text import complete, take_off

    jobs = default_jobs()
    trie, raw = tables(listed.windows, order=listed.order, vocab_size=len(vocab), jobs=jobs)
    for k in range(1, trie.order):
        common = (read_only(trie.first[k - 1]), raw[k], raw[k - 1])
        each(take_off, ((*common, *cut) for cut in trie.cuts(k, 8 * jobs)), jobs=jobs)
    for k in range(trie.order - 1, 0, -1):
        common = (read_only(trie.first[k - 1]), raw[k], raw[k - 1])
        cuts = trie.cuts(k, 8 * jobs)
        wrong = np.full((len(cuts), 1), trie.size(k))
        each(complete, ((*common, *cut, wrong[i]) for i, cut in enumerate(cuts)), jobs=jobs)
        row = int(wrong.min())
        if row < trie.size(k):
            ngram = trie.ngrams(k, np.array([row]))[0]
            begin, end = trie.first[k - 1][row : row + 2]
            raise InputError(
                f"{listed.where(ngram)}: {_spelled(ngram, vocab)} is counted {raw[k - 1][row]} times, but "
                f"its continuations {raw[k][begin:end].sum()} times; without its line it counts as often"
            )
    return trie, raw


def _check_suffixes(listed: Listed, trie: NgramTrie, raw: Counts, vocab: Vocab) -> None:
    """Raise InputError for an n-gram that is there without its last words alone."""
    for k in range(2, trie.order + 1):
        missing = raw[0][trie.words[1]] == 0 if k == 2 else trie.suffixes[k - 1] < 0
        if missing.any():
            ngram = trie.ngrams(k, np.flatnonzero(missing)[:1])[0]
            raise InputError(
                f"{listed.where(ngram)}: {_spelled(ngram, vocab)} has a count, but its end "
                f"{_spelled(ngram[1:], vocab)} has none, which estimation needs: add the shorter n-grams, "
                f"at least those that end in {END}"
            )


def _spelled(ngram: Ints, vocab: Vocab) -> str:
    return repr(" ".join((*vocab.tokens, BEGIN)[i] for i in ngram.tolist()))


@dataclass(frozen=True, eq=False)
class _Lines:
    """Makes the lines of some rows."""

    counts: NgramCounts
    words: WordBytes

    def __call__(self, piece: Rows) -> Iterator[bytes]:
        from textkit.lm.kernels.count_text import format_counts

        trie, order = self.counts.trie, piece.order
        raw = np.array(self.counts.raw[order - 1][piece.begin : piece.end], dtype=np.int64)
        if order == 1 and piece.end == trie.base:
            raw[-1] = self.counts.raw[0][END_ID]  # <s>: as many as sentences end
        ids = ngram_ids(trie, order, np.arange(piece.begin, piece.end))
        room = _COUNT + self.words.room(order)

        def put(begin: int, out: npt.NDArray[np.uint8]) -> tuple[int, int]:
            return format_counts(ids, begin, raw, self.words.arena, self.words.places, room, out)

        return ngram_text.blocks(put, len(raw), room=room)
