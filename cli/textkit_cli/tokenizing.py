"""From a block of lines to its tokens: whole blocks by compiled code, or line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from textkit.errors import InputError, StageError, TextkitError
from textkit.text import BatchTokenizer, Pipeline, Token, Tokenizer
from textkit_cli.console import say
from textkit_corpora.blocks import Block

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

Result = TypeVar("Result")
Places = list[tuple[int, int]]


def each_line(
    function: Callable[[str], Result], lines: Iterable[str], *, place: Callable[[int], str]
) -> Iterator[Result | TextkitError]:
    """`function` of each line, or the error that it raised, which begins with the line's place."""
    for index, line in enumerate(lines):
        try:
            yield function(line)
        except MemoryError:
            raise
        except TextkitError as error:
            yield type(error)(f"{place(index)}: {error}")
        except Exception as error:  # of the libraries behind the tokenizers
            yield StageError(f"{place(index)}: {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Cleaning:
    """How blocks are read and cleaned.

    `errors` says what to do with bytes that are no text; with `skip` a line that cannot be read,
    cleaned or worked on is empty and named among the faults, which come with the result.
    """

    clean: Pipeline[str, str]
    errors: str = "strict"
    skip: bool = False

    def lines(self, block: Block) -> tuple[list[str], tuple[str, ...]]:
        """The cleaned lines of a block, and its faults."""
        return self.map(self.clean, block)

    def map(self, function: Callable[[str], Result], block: Block) -> tuple[list[Result], tuple[str, ...]]:
        """`function` of each line as read; one on which it fails counts as empty, or its error is raised."""
        lines, noted = block.strings(errors=self.errors, skip=self.skip)
        try:
            return [function(line) for line in lines], noted
        except MemoryError:
            raise
        except Exception:  # again, one after the other, to find the line
            return self._map_each(function, lines, block, noted)

    def _map_each(
        self, function: Callable[[str], Result], lines: list[str], block: Block, noted: tuple[str, ...]
    ) -> tuple[list[Result], tuple[str, ...]]:
        results, faults = [], list(noted)
        for result in each_line(function, lines, place=block.place):
            if isinstance(result, TextkitError):
                if not self.skip:
                    raise result
                faults.append(str(result))
                result = function("")
            results.append(result)
        return results, tuple(faults)


@dataclass(frozen=True)
class Tokenizing:
    """How blocks are read, cleaned and tokenized."""

    cleaning: Cleaning
    tokenizer: Tokenizer

    @property
    def unlocked(self) -> bool:
        """Whether batches of lines leave the interpreter's lock alone, so that threads share the work."""
        return (
            isinstance(self.tokenizer, BatchTokenizer)
            and self.tokenizer.unlocked
            and not self.cleaning.clean.stages
        )

    @property
    def enough(self) -> int:
        """How much text is to be seen before the batch path begins."""
        return self.tokenizer.batch_pays if isinstance(self.tokenizer, BatchTokenizer) else sys.maxsize

    def pays(self, size: int | None) -> bool | None:
        """Whether `size` bytes of text are worth the start of the batch path; None where size is None.

        Where they are but compiled code cannot be had, says so on standard error.
        """
        if not isinstance(self.tokenizer, BatchTokenizer):
            return False
        if size is None or size < self.tokenizer.batch_pays:
            return None if size is None else False
        from textkit.text.kernels import unavailable

        if reason := unavailable():
            say(f"compiled loops cannot be had ({reason}); going on line by line, which is slower")
        return not reason

    def map_tokens(
        self, function: Callable[[list[str]], Result], block: Block
    ) -> tuple[list[Result], tuple[str, ...]]:
        """`function` of the tokens of each line, one line after the other; see `Cleaning.map`."""
        tokenize, clean = self.tokenizer, self.cleaning.clean
        if not clean.stages:
            return self.cleaning.map(lambda line: function(tokenize(line)), block)
        return self.cleaning.map(lambda line: function(tokenize(clean(line))), block)

    def map_places(
        self, function: Callable[[list[Token]], Result], block: Block
    ) -> tuple[list[Result], tuple[str, ...]]:
        """The same of the tokens with their places in the line as it was before cleaning."""
        return self.cleaning.map(lambda line: function(self._placed(line)), block)

    def batch(self, block: Block) -> tuple[TokenBatch, tuple[str, ...]]:
        """The tokens of all lines at once, by a tokenizer that takes batches; and the block's faults."""
        from textkit.text.token_batch import TokenBatch

        try:
            lines, faults = self._cleaned(block)
            return self.tokenizer.batch(lines), faults  # type: ignore[attr-defined]
        except (MemoryError, ImportError):
            raise
        except Exception:  # line by line it shows which one
            lists, faults = self.map_tokens(list, block)
            return TokenBatch.of(lists), faults

    def batch_places(self, block: Block) -> tuple[TokenBatch, list[Places], tuple[str, ...]] | None:
        """The same, and where the tokens of each line start and end in it as it was before cleaning.

        None where batches do not say where tokens stand, as the tokenizer rewrites them, and where a line
        fails: `map_places` shows which one.
        """
        clean = self.cleaning.clean
        try:
            if self.tokenizer.batch([""]).lines is None:  # type: ignore[attr-defined]
                return None
            if clean.stages:
                cleaned, faults = self.cleaning.map(clean.aligned, block)
                tokens = self.tokenizer.batch([text for text, _ in cleaned])  # type: ignore[attr-defined]
            else:
                lines, faults = self._cleaned(block)
                tokens = self.tokenizer.batch(lines)  # type: ignore[attr-defined]
        except (MemoryError, ImportError):
            raise
        except Exception:
            return None
        if tokens.lines is None:
            return None
        spans = list(zip(*(ends.tolist() for ends in tokens.character_places()), strict=True))
        places = [spans[begin:end] for begin, end in pairwise(tokens.offsets.tolist())]
        if clean.stages:
            aligned = zip(places, (alignment for _, alignment in cleaned), strict=True)
            places = [[alignment.span(*span) for span in line] for line, alignment in aligned]
        return tokens, places, faults

    def _placed(self, line: str) -> list[Token]:
        clean = self.cleaning.clean
        if not clean.stages:
            return self.tokenizer.offsets(line)
        cleaned, alignment = clean.aligned(line)
        tokens = self.tokenizer.offsets(cleaned)
        return [Token(token.text, *alignment.span(token.start, token.end)) for token in tokens]

    def _cleaned(self, block: Block) -> tuple[Lines | list[str], tuple[str, ...]]:
        from textkit.text.lines import Lines

        cleaning = self.cleaning
        if not cleaning.clean.stages and isinstance(block.text, bytes):
            try:
                return Lines.split(block.text), block.faults
            except InputError:
                pass  # it names no file; and it may be that bytes are to be replaced
        lines, faults = block.strings(errors=cleaning.errors, skip=cleaning.skip)
        return cleaning.clean.batch(lines), faults
