"""The protocols behind every tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch


class Token(NamedTuple):
    """A token and where it stands in the string: `text[start:end]`, in characters.

    `text` can differ from the slice when the tokenizer rewrites (NLTK turns quotes into `` and '',
    sentencepiece normalises); the slice is always the piece of the original it stands for.
    """

    text: str
    start: int
    end: int


@runtime_checkable
class Tokenizer(Protocol):
    """A stage from a string to tokens; a frozen dataclass, like every stage."""

    def __call__(self, text: str, /) -> list[str]:
        """The tokens of one line of text."""
        ...

    def offsets(self, text: str, /) -> list[Token]:
        """The same tokens, each with its place in `text`, 0 <= start <= end <= len.

        Starts never decrease, but where a tokenizer gives overlapping tokens (jieba's full and search modes).
        """
        ...

    def detokenize(self, tokens: list[str], /) -> str:
        """Text from tokens: exact where the tokenizer loses nothing, else the usual spacing."""
        ...


@runtime_checkable
class BatchTokenizer(Tokenizer, Protocol):
    """A tokenizer that also takes many lines at once, quicker than one by one; the tokens are the same."""

    @property
    def batch_pays(self) -> int:
        """From how many bytes of text on the batch is quicker, the loading of what it needs included."""
        ...

    @property
    def unlocked(self) -> bool:
        """Whether `batch` runs without the interpreter's lock, so that threads share the work."""
        ...

    def batch(self, texts: Sequence[str] | Lines, /) -> TokenBatch:
        """The tokens of each line, as flat arrays."""
        ...
