"""Tokens are the matches of a regular expression."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from textkit.errors import UsageError
from textkit.text.tokenizer import Token
from textkit.text.tokenizers.spacing import join_words

# A Han character, a number with its points and commas, a word with its apostrophes, or one other character.
# The control codes 1c to 1f are white space to Python, but not to \s here.
WORDS_AND_PUNCTUATION = r"\p{Han}|\d+(?:[.,]\d+)*|[^\W\p{Han}]+(?:['’][^\W\p{Han}]+)*|[^\w\s\x1c-\x1f]"


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

    def __post_init__(self) -> None:
        import regex

        try:
            _compiled(self.pattern)
        except regex.error as error:
            raise UsageError(f"not a valid regular expression: {self.pattern!r}: {error}") from error

    def __call__(self, text: str) -> list[str]:
        return [match.group() for match in _compiled(self.pattern).finditer(text) if match.group()]

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        matches = _compiled(self.pattern).finditer(text)
        return [Token(match.group(), *match.span()) for match in matches if match.group()]

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens with the usual spaces between words."""
        return join_words(tokens)
