"""Tokens are the matches of a regular expression."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textkit.errors import InputError, UsageError
from textkit.text.tokenizer import Token
from textkit.text.tokenizers.pattern_size import LARGEST, expanded_size
from textkit.text.tokenizers.spacing import join_words

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

# A Han character, a number with its points and commas, a word with its apostrophes, or one other character.
# The control codes 1c to 1f are white space to Python, but not to \s here. `find_words` spells the same.
WORDS_AND_PUNCTUATION = r"\p{Han}|\d+(?:[.,]\d+)*|[^\W\p{Han}]+(?:['’][^\W\p{Han}]+)*|[^\w\s\x1c-\x1f]"


# A pattern can try more ways to match a line than there are seconds, and may come from another's run: it
# has so many seconds of work for a line, and one more for so many characters of it.
SECONDS = 10
_CHARACTERS = 50_000


@functools.lru_cache(maxsize=16)
def _compiled(pattern: str) -> Any:
    import regex

    return regex.compile(pattern)


@dataclass(frozen=True)
class RegexTokenizer:
    """The matches of `pattern`, left to right; what lies between them is left out, and so are empty matches.

    Patterns are those of the `regex` package (Python's own, with classes such as \\p{Han}). The usual
    one gives words, numbers, single Han characters and punctuation marks, and leaves out nothing but
    white space. Raises UsageError for a pattern that is not valid.

    >>> RegexTokenizer()("It's 3.50元, 很便宜!")
    ["It's", '3.50', '元', ',', '很', '便', '宜', '!']
    >>> RegexTokenizer(r"[a-z]+")("to be, or")
    ['to', 'be', 'or']
    """

    pattern: str = WORDS_AND_PUNCTUATION
    batch_pays: ClassVar[int] = 1 << 22  # most of a second

    def __post_init__(self) -> None:
        import regex

        try:
            if expanded_size(self.pattern) > LARGEST:
                raise UsageError(
                    f"not a usable regular expression: {_short(self.pattern)}: its bounded repeats make more "
                    f"than {LARGEST:,} parts; write + or * for large ones"
                )
            _compiled(self.pattern)
        except (regex.error, RecursionError, OverflowError) as error:
            raise UsageError(f"not a valid regular expression: {_short(self.pattern)}: {error}") from error

    def __call__(self, text: str) -> list[str]:
        return [match.group() for match in self._matches(text) if match.group()]

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        return [Token(match.group(), *match.span()) for match in self._matches(text) if match.group()]

    def _matches(self, text: str) -> Iterator[Any]:
        """All matches; raises InputError when the pattern does not come to an end."""
        find = _compiled(self.pattern).finditer
        if self.unlocked:  # the usual pattern never looks back
            yield from find(text)
            return
        try:
            yield from find(text, timeout=SECONDS + len(text) / _CHARACTERS)
        except TimeoutError as error:
            raise InputError(
                f"the regular expression {_short(self.pattern)} tries for more than {SECONDS} seconds on a "
                f"line of {len(text):,} characters; make it simpler"
            ) from error
        except MemoryError as error:  # (?R) without end
            raise InputError(
                f"the regular expression {_short(self.pattern)} takes more memory than there is on a line of "
                f"{len(text):,} characters; make it simpler"
            ) from error

    @property
    def unlocked(self) -> bool:
        """Whether `batch` runs without the interpreter's lock: with the usual pattern it does."""
        return self.pattern == WORDS_AND_PUNCTUATION

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of each line: by compiled code with the usual pattern, else line by line."""
        from textkit.text.lines import Lines
        from textkit.text.tokenizers.slices import slices

        lines = Lines.of(texts)
        if self.unlocked:
            return _words(lines)
        found = ([match.span() for match in self._matches(text)] for text in texts)
        return slices(lines, [[(start, end) for start, end in spans if start < end] for spans in found])

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens with the usual spaces between words."""
        return join_words(tokens)


def _short(pattern: str) -> str:
    return repr(pattern) if len(pattern) <= 80 else f"{pattern[:80]!r}…"


def _words(lines: Lines) -> TokenBatch:
    """The matches of WORDS_AND_PUNCTUATION."""
    import numpy as np

    from textkit.text.kernels.classes import word_classes
    from textkit.text.kernels.spans import find_words
    from textkit.text.token_batch import TokenBatch

    room = len(lines.buffer)
    starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
    offsets = np.empty(len(lines) + 1, np.int64)
    count = find_words(lines.buffer, lines.starts, lines.ends, word_classes(), starts, ends, offsets)
    return TokenBatch(lines.buffer, starts[:count], ends[:count], offsets, lines)
