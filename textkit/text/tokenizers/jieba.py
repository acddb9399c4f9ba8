"""jieba's segmentation of Chinese into words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit.errors import InputError, UsageError, reason_of, unknown_name
from textkit.text.tokenizer import Token
from textkit.text.tokenizers.jieba_dictionary import jieba_package, parse_entries, segmenter
from textkit.text.tokenizers.jieba_unknown import unknown_words

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

MODES = ("accurate", "full", "search")
_WESTERN = re.compile("[a-zA-Z0-9]")


@dataclass(frozen=True)
class JiebaTokenizer:
    """jieba's words, exactly: white space and punctuation are tokens too.

    Modes: accurate; full, every word of the dictionary that occurs; search, accurate with the shorter
    words inside each long one before it. `hmm` lets a hidden Markov model find words that the
    dictionary lacks (full mode does without). `user_dictionary` is the content of a file in jieba's
    format, a line `word [frequency] [tag]`; it concerns this tokenizer alone. Raises UsageError for
    another mode, InputError for a dictionary that cannot be understood.

    >>> JiebaTokenizer()("我来到北京清华大学")
    ['我', '来到', '北京', '清华大学']
    >>> JiebaTokenizer(mode="full")("我来到北京清华大学")
    ['我', '来到', '北京', '清华', '清华大学', '华大', '大学']
    """

    mode: str = "accurate"
    hmm: bool = True
    user_dictionary: bytes = b""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown_name("jieba mode", self.mode, MODES)
        parse_entries(self.user_dictionary)

    def __repr__(self) -> str:
        words = self.user_dictionary
        digest = f", user_dictionary=#{hashlib.sha256(words).hexdigest()[:12]}" if words else ""
        return f"JiebaTokenizer(mode={self.mode!r}, hmm={self.hmm}{digest})"

    @classmethod
    def with_user_dictionary(
        cls, path: Path | str, *, mode: str = "accurate", hmm: bool = True
    ) -> JiebaTokenizer:
        """A tokenizer with the user dictionary in the file `path`; raises InputError naming the file."""
        try:
            return cls(mode=mode, hmm=hmm, user_dictionary=Path(path).read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    def __call__(self, text: str) -> list[str]:
        if not text:  # and so a tokenizer that will be given batches does not load jieba's dictionary
            return []
        if self.mode == "accurate":
            return self._words(text)
        if self.mode == "full":
            return list(segmenter(self.user_dictionary)[0].cut(text, cut_all=True))
        return [piece for word in self._words(text) for piece in (*self._inner_words(word), word)]

    @property
    def batch_pays(self) -> int:
        """A megabyte, which takes jieba a second."""
        return 1 << 20

    @property
    def unlocked(self) -> bool:
        """Batches run without the interpreter's lock."""
        return True

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of many lines, some fifty times as fast as jieba, by compiled loops over their bytes.

        The first batch ever compiles them and builds the dictionary's trie, which takes some seconds;
        both are kept for later processes. Raises ImportError when numba cannot be had.

        >>> JiebaTokenizer().batch(["我来到北京", "清华大学"]).lists()
        [['我', '来到', '北京'], ['清华大学']]
        """
        from textkit.text.lines import Lines
        from textkit.text.token_batch import TokenBatch
        from textkit.text.tokenizers import jieba_batch
        from textkit.text.tokenizers.jieba_model import load_model

        lines = Lines.of(texts)
        model = load_model(self.user_dictionary)
        if self.mode == "accurate":
            return jieba_batch.accurate(lines, model, hmm=self.hmm)
        if self.mode == "search":
            return jieba_batch.search(lines, model, hmm=self.hmm)
        return jieba_batch.full(lines, model) or TokenBatch.of([self(line) for line in lines])

    def add_word(self, word: str, frequency: int | None = None) -> JiebaTokenizer:
        """A tokenizer that knows `word` too; with no frequency just often enough to be cut out.

        A frequency of 0 forbids it. Raises InputError for a word that holds white space.

        >>> JiebaTokenizer()("云计算"), JiebaTokenizer().add_word("云计算")("云计算")
        (['云', '计算'], ['云计算'])
        """
        if not word or any(map(str.isspace, word)):
            raise InputError(f"a word is one or more characters, none of them white space, not {word[:80]!r}")
        entry = word if frequency is None else f"{word} {frequency}"
        words = self.user_dictionary
        start = words + b"\n" if words and not words.endswith(b"\n") else words
        return replace(self, user_dictionary=start + entry.encode() + b"\n")

    def delete_word(self, word: str) -> JiebaTokenizer:
        """A tokenizer that never cuts out `word`.

        >>> JiebaTokenizer().delete_word("今天天气")("今天天气不错")
        ['今天', '天气', '不错']
        """
        return self.add_word(word, 0)

    def suggest_frequency(self, segment: str | tuple[str, ...]) -> int:
        """The frequency at which `segment` is cut out whole, or, for a tuple, at which its parts come apart.

        >>> JiebaTokenizer().suggest_frequency("中出"), JiebaTokenizer().suggest_frequency(("中", "将"))
        (348, 494)
        """
        frequency: int = segmenter(self.user_dictionary)[0].suggest_freq(segment)
        return frequency

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`.

        In the order of the tokens; the modes full and search give words that overlap, and search a
        longer word after those inside it, so there starts may decrease.
        """
        if self.mode == "full":
            return list(self._full_offsets(text))
        placed = []
        start = 0
        for word in self._words(text):
            if self.mode == "search":
                inner = self._inner_places(word)
                placed += [Token(word[i:j], start + i, start + j) for i, j in inner]
            placed.append(Token(word, start, start + len(word)))
            start += len(word)
        return placed

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined, which is exact; in search mode less the words that were inside others.

        Raises UsageError in full mode, whose tokens repeat characters.
        """
        if self.mode == "full":
            raise UsageError(
                "jieba's full mode repeats characters, so its tokens are no text; use mode accurate"
            )
        if self.mode == "accurate":
            return "".join(tokens)
        words = []
        rest = list(tokens)
        while rest:
            word = rest.pop()
            words.append(word)
            inner = self._inner_words(word)
            if inner and rest[-len(inner) :] == inner:
                del rest[-len(inner) :]
        return "".join(reversed(words))

    def _words(self, text: str) -> list[str]:
        """Accurate mode's words."""
        jieba = jieba_package()
        tokenizer, forbidden = segmenter(self.user_dictionary)
        if not self.hmm:
            return list(tokenizer.cut(text, HMM=False))
        words: list[str] = []
        for block in jieba.re_han_default.split(text):
            if jieba.re_han_default.match(block):
                words += _block_words(block, tokenizer, forbidden)
            elif block:
                for part in jieba.re_skip_default.split(block):
                    words += [part] if jieba.re_skip_default.match(part) else part
        return words

    def _inner_places(self, word: str) -> list[tuple[int, int]]:
        """Where the dictionary's words of two and of three characters stand inside a longer `word`."""
        frequencies = segmenter(self.user_dictionary)[0].FREQ
        return [
            (start, start + size)
            for size in (2, 3)
            if len(word) > size
            for start in range(len(word) - size + 1)
            if frequencies.get(word[start : start + size])
        ]

    def _inner_words(self, word: str) -> list[str]:
        return [word[start:end] for start, end in self._inner_places(word)] if len(word) > 2 else []

    def _full_offsets(self, text: str) -> Iterator[Token]:
        jieba = jieba_package()
        start = 0
        for block in jieba.re_han_default.split(text):
            if jieba.re_han_default.match(block):
                graph = segmenter(self.user_dictionary)[0].get_DAG(block)
                for token in _full_words(block, graph):
                    yield Token(token.text, start + token.start, start + token.end)
                start += len(block)
            elif block:
                for part in jieba.re_skip_default.split(block):
                    yield Token(part, start, start + len(part))
                    start += len(part)


def _block_words(block: str, tokenizer: Any, forbidden: frozenset[str]) -> Iterator[str]:
    """The most probable words of a block; runs of single characters go to the model of unknown words."""

    def words_of(singles: str) -> Iterable[str]:
        if len(singles) < 2 or tokenizer.FREQ.get(singles):
            return singles
        return unknown_words(singles, forbidden=forbidden)

    route: dict[int, tuple[float, int]] = {}  # first character of a word: its score, its last character
    tokenizer.calc(block, tokenizer.get_DAG(block), route)
    run = start = 0
    while start < len(block):
        end = route[start][1] + 1
        if end - start > 1:
            yield from words_of(block[run:start])
            yield block[start:end]
            run = end
        start = end
    yield from words_of(block[run:])


def _full_words(block: str, graph: dict[int, list[int]]) -> Iterator[Token]:
    """Full mode's words of one block, from jieba's graph of them: start to last characters.

    All words of several characters; a single character only where no word covers it; letters and
    digits that no word covers run together.
    """
    covered = -1  # the last character that a word covers
    run: Token | None = None
    for start, lasts in graph.items():
        western = bool(_WESTERN.match(block[start]))
        if run and not western:
            yield run
            run = None
        if len(lasts) == 1 and start > covered:
            covered = lasts[0]
            word = block[start : covered + 1]
            if western:
                run = (
                    Token(run.text + word, run.start, covered + 1) if run else Token(word, start, covered + 1)
                )
            else:
                yield Token(word, start, covered + 1)
            continue
        for last in lasts:
            if last > start:
                yield Token(block[start : last + 1], start, last + 1)
                covered = last
    if run:
        yield run
