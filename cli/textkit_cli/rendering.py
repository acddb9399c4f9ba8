"""From a block of lines to the text that `textkit tokenize` writes for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from textkit.errors import StageError, TextkitError
from textkit.text import Pipeline, Token, Tokenizer, Vocab
from textkit_cli.blocks import Block

FORMATS = ("text", "jsonl", "ids")

Result = TypeVar("Result")


def each_line(function: Callable[[str], Result], block: Block) -> Iterator[Result]:
    """`function` of each line; an error names the file and the line."""
    for index, line in enumerate(block.lines):
        try:
            yield function(line)
        except TextkitError as error:
            raise type(error)(f"{block.place(index)}: {error}") from error
        except MemoryError:
            raise
        except Exception as error:  # of the libraries behind the tokenizers
            raise StageError(f"{block.place(index)}: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class Rendering:
    """What becomes of each line: cleaned, tokenized, and written in one of `FORMATS`.

    text:  tokens joined by one space.
    jsonl: {"tokens": [...]}, with "offsets": [[start, end], ...] and the cleaned "text" when asked for.
    ids:   the tokens' numbers in `vocab`, joined by one space.
    """

    clean: Pipeline[str, str]
    tokenizer: Tokenizer
    form: str = "text"
    vocab: Vocab | None = None
    offsets: bool = False
    text: bool = False

    def __call__(self, block: Block) -> str:
        return "".join(f"{line}\n" for line in each_line(self.line, block))

    def line(self, line: str) -> str:
        """The output for one line."""
        line = self.clean(line)
        if self.form == "jsonl":
            return json.dumps(self._record(line), ensure_ascii=False)
        tokens = self.tokenizer(line)
        if self.vocab is not None:
            return " ".join(map(str, self.vocab.encode(tokens)))
        return " ".join(tokens).replace("\n", " ")  # a token that holds a line end must not make a line

    def _record(self, line: str) -> dict[str, object]:
        if not self.offsets:
            return {"tokens": self.tokenizer(line)}
        tokens: list[Token] = self.tokenizer.offsets(line)
        record: dict[str, object] = {"text": line} if self.text else {}
        record["tokens"] = [token.text for token in tokens]
        record["offsets"] = [[token.start, token.end] for token in tokens]
        return record
