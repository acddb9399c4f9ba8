"""From a block of lines to its tokens' ids and what a language model says of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, cast

import typer

from textkit.errors import UsageError
from textkit.text import Pipeline, Tokenizer
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.tokenizing import Cleaning, Tokenizing
from textkit_corpora.blocks import Block
from textkit_corpora.compression import display_name

if TYPE_CHECKING:
    from textkit.lm.line_scores import LineScores
    from textkit.lm.score import MeasuredText
    from textkit.tasks.language_model import SavedModel

OtherTokenizer = Annotated[
    str | None,
    typer.Option(
        "--tokenizer",
        metavar="NAME",
        help="Tokenizer in place of the model's, without its cleaning. An ARPA file brings none: its words "
        "stand between blanks.",
        show_default=False,
    ),
]

MANY = 0.5  # unknown among the words: a model that fits is far below


def load(path: str, *, tokenizer: str | None, tokenizer_option: list[str] | None) -> SavedModel:
    """The model of a run, a folder or an ARPA file, behind another tokenizer if one is asked for."""
    from textkit.tasks.language_model import load_model

    if tokenizer is None:
        if tokenizer_option:
            raise UsageError("--tokenizer-option needs --tokenizer")
        return load_model(path)
    other = Pipeline.of(options.make_tokenizer(tokenizer, tokenizer_option))
    return replace(load_model(path), pipeline=other)


def warn_of_unknown(unknown: int, words: int, *, quiet: bool) -> None:
    """Say so when most words are unknown: the model was hardly made for tokens like these."""
    if unknown > MANY * words:
        say(
            f"{unknown / words:.0%} of the words are unknown to the model; is the text tokenized as its own "
            "was? (--tokenizer)",
            quiet=quiet,
        )


@dataclass(frozen=True)
class Piece:
    """Text of one file that can be scored by itself; `tokens` of each line, where they were asked for."""

    file: str
    opens: bool  # whether it is the first of its file
    text: MeasuredText
    tokens: list[list[str]]


class Scoring:
    """Lines cleaned and tokenized as in training, and scored.

    `size` is how many bytes are to come, as far as anyone knows; much text is tokenized in batches.
    """

    def __init__(self, saved: SavedModel, *, errors: str, size: int | None) -> None:
        *cleaning, tokenizer = saved.pipeline.stages
        clean: Pipeline[str, str] = Pipeline(tuple(cleaning))
        self.model = saved.model
        self._tokenizing = Tokenizing(Cleaning(clean, errors), cast(Tokenizer, tokenizer))
        self._batched = self._tokenizing.pays(size)
        self._seen = 0

    def lines(self, block: Block) -> LineScores:
        """The scores of the lines of a block, each line by itself."""
        return self.score(self._piece(block, spelled=False))

    def score(self, piece: Piece) -> LineScores:
        """The scores of the lines of a piece."""
        from textkit.lm.line_scores import LineScores
        from textkit.text.vocab import UNKNOWN

        log_probs = self.model.log_probs(piece.text.corpus)
        return LineScores.of(log_probs, piece.text, unknown=self.model.vocab.id(UNKNOWN))

    def pieces(self, blocks: Iterable[Block], *, spelled: bool = False) -> Iterator[Piece]:
        """The blocks, ready to be scored; whole files where the model reads on over line ends.

        With `spelled` the tokens come along.
        """
        pieces = (self._piece(block, spelled=spelled) for block in blocks)
        return _whole_files(pieces) if getattr(self.model, "context", "line") == "stream" else pieces

    def _piece(self, block: Block, *, spelled: bool) -> Piece:
        from textkit.lm.score import MeasuredText
        from textkit.text.lines import Lines

        vocab, tokens = self.model.vocab, list[list[str]]()
        if self._in_batches(block):
            batch, _ = self._tokenizing.batch(block)
            raw = None if self._tokenizing.cleaning.clean.stages else batch.lines
            text = MeasuredText.of_batch(batch, raw or Lines.of(self._strings(block)), vocab)
            tokens = batch.lists() if spelled else tokens
        else:
            tokens, _ = self._tokenizing.map_tokens(list, block)
            text = MeasuredText.of_tokens(tokens, Lines.of(self._strings(block)), vocab)
        return Piece(display_name(block.file), block.first == 1, text, tokens)

    def _strings(self, block: Block) -> list[str]:
        return block.strings(errors=self._tokenizing.cleaning.errors)[0]

    def _in_batches(self, block: Block) -> bool:
        """Whether batches pay; of input of unknown length, whether enough of it has been seen."""
        if self._batched is None:
            if self._seen >= self._tokenizing.enough:
                self._batched = self._tokenizing.pays(sys.maxsize)
            self._seen += len(block.text) if isinstance(block.text, bytes) else sum(map(len, block.text))
        return bool(self._batched)


def _whole_files(pieces: Iterable[Piece]) -> Iterator[Piece]:
    held: list[Piece] = []
    for piece in pieces:
        if piece.opens and held:
            yield _joined(held)
            held = []
        held.append(piece)
    if held:
        yield _joined(held)


def _joined(pieces: list[Piece]) -> Piece:
    from textkit.lm.score import MeasuredText

    text = MeasuredText.joined([piece.text for piece in pieces])
    return Piece(pieces[0].file, True, text, [line for piece in pieces for line in piece.tokens])
