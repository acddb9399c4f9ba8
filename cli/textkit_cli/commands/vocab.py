"""`textkit vocab`: count the tokens of text and write a vocabulary."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textkit import atomic
from textkit.errors import UsageError
from textkit_cli import engines, options
from textkit_cli.console import say
from textkit_cli.progress import progress, strides, total_size
from textkit_cli.tokenizing import Cleaning, Tokenizing
from textkit_corpora.blocks import Block, read_blocks
from textkit_corpora.compression import is_standard

if TYPE_CHECKING:
    from textkit.text import Vocab
    from textkit.text.token_table import CountedTokens
    from textkit.text.vocabulary_counter import VocabularyCounter


@dataclass(frozen=True)
class Counted:
    """How often each token stands in a block, first seen first; bytes read; what was skipped."""

    counts: Counter[str] | CountedTokens
    read: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Counting:
    """The counts of a block; `batched`: by compiled code, no Python string a token."""

    tokenizing: Tokenizing
    batched: bool = False

    def __call__(self, block: Block) -> Counted:
        if not self.batched:
            lists, faults = self.tokenizing.map_tokens(list, block)
            return Counted(Counter(chain.from_iterable(lists)), block.read, faults)
        from textkit.text.token_table import TokenTable

        tokens, faults = self.tokenizing.batch(block)
        table = TokenTable()
        table.add(tokens)
        return Counted(table.counted(), block.read, faults)

    def grown(self) -> Counting:
        """The same for much text: in batches, where they can be had."""
        return replace(self, batched=bool(self.tokenizing.pays(sys.maxsize)))


class Tally:
    """The counts of all blocks so far: in a Counter while there is little, then in compiled tables."""

    def __init__(self, *, memory: int | None, folder: Path | None) -> None:
        self._counts: Counter[str] | VocabularyCounter = Counter()
        self._folder = folder
        self._stack = contextlib.ExitStack()
        if memory is not None:
            self._change(memory)

    def __enter__(self) -> Tally:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, more: Counter[str] | CountedTokens) -> None:
        """The counts of the block that follows."""
        if isinstance(self._counts, Counter) and isinstance(more, Counter):
            self._counts.update(more)
            return
        if isinstance(self._counts, Counter):
            self._change(None)
        assert not isinstance(self._counts, Counter)
        self._counts.merge(_compact(more) if isinstance(more, Counter) else more)

    def vocab(self, *, min_count: int, max_size: int | None, specials: tuple[str, ...]) -> Vocab:
        """The vocabulary of all."""
        from textkit.text.vocab import Vocab

        if isinstance(self._counts, Counter):
            return Vocab.from_counts(self._counts, min_count=min_count, max_size=max_size, specials=specials)
        return self._counts.vocab(min_count=min_count, max_size=max_size, specials=specials)

    def _change(self, memory: int | None) -> None:
        """Go on in a compiled table."""
        from textkit.text.vocabulary_counter import VocabularyCounter

        counter = self._stack.enter_context(VocabularyCounter(memory=memory, folder=self._folder))
        assert isinstance(self._counts, Counter)
        if self._counts:
            counter.merge(_compact(self._counts))
        self._counts = counter


def _compact(counts: Counter[str]) -> CountedTokens:
    import numpy as np

    from textkit.text.token_batch import TokenBatch
    from textkit.text.token_table import CountedTokens

    return CountedTokens(TokenBatch.of([list(counts)]), np.array(list(counts.values()), np.int64))


def command(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Vocabulary to write.", show_default=False)
    ],
    files: options.Files = None,
    tokenizer: options.Tokenizer = options.DEFAULT_TOKENIZER,
    tokenizer_option: options.TokenizerOptions = None,
    clean: options.Clean = "none",
    min_count: Annotated[
        int, typer.Option(metavar="N", min=1, help="Leave out tokens seen fewer times.")
    ] = 1,
    max_size: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Keep the most frequent; specials count.")
    ] = None,
    special: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOKEN",
            help="Special token besides <unk>; may be repeated.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Keep counts below this, 500M say; what is more goes to temporary files.",
            show_default=False,
        ),
    ] = None,
    tmp: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="With --memory: where the files are, on a disk with room."),
    ] = None,
    jobs: options.Jobs = 1,
    engine: options.EngineName = "local",
    scheduler: options.Scheduler = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    on_error: options.OnError = "fail",
    quiet: options.Quiet = False,
) -> None:
    """Count the tokens of FILES, or of standard input, and write a vocabulary.

    A line of it is a token and its count, after a line that describes the file; specials come first,
    then the most frequent token, and of equals the one seen first. With --memory any number of
    different tokens can be counted; those that are kept (--min-count, --max-size) must fit.
    """
    from textkit.text import vocab_file
    from textkit.text.vocab import UNKNOWN

    for token in special or ():
        if not token.strip() or not token.isprintable():
            raise UsageError(f"--special needs a token that can be seen, not {token!r}")
    if is_standard(output):
        raise UsageError("a vocabulary is written to a file: name it with --output")
    specials = tuple(dict.fromkeys((UNKNOWN, *(special or ()))))
    if max_size is not None and max_size < len(specials):
        raise UsageError(f"--max-size must leave room for the {len(specials)} specials, not {max_size}")
    bound, folder = _bound(memory, tmp)
    skip = options.choose("way with bad records", on_error, options.ON_ERROR) == "skip"
    names = options.inputs(files)
    options.keep_apart({"--output": output}, names)
    blocks = strides(read_blocks(names, field=field, errors=errors, skip=skip))
    tokenizing = Tokenizing(
        Cleaning(options.make_clean(clean), errors, skip), options.make_tokenizer(tokenizer, tokenizer_option)
    )
    size = total_size(names)
    alone = jobs == 1 and engine == "local"
    batched = tokenizing.pays(size if alone else size or sys.maxsize)
    work = Counting(tokenizing, bool(batched))
    place = engines.make_engine(
        engine, jobs=jobs, scheduler=scheduler, unlocked=work.batched and tokenizing.unlocked
    )
    with contextlib.ExitStack() as stack:
        # The file is opened first: a name that cannot be written should not cost the counting.
        temporary = stack.enter_context(atomic.writing(output))
        advance = stack.enter_context(progress(total=size, quiet=quiet))
        if batched is None:
            results = engines.by_and_by(work, work.grown, blocks, enough=tokenizing.enough)
        else:
            results = engines.run_blocks(work, blocks, engine=stack.enter_context(place), skip=skip)
        tally = stack.enter_context(Tally(memory=bound, folder=folder))
        for result in results:
            tally.add(result.counts)
            for fault in result.faults:
                say(f"skipped {fault}")
            advance(result.read)
        vocab = tally.vocab(min_count=min_count, max_size=max_size, specials=specials)
        temporary.write_bytes(vocab_file.content(vocab))


def _bound(memory: str | None, tmp: str | None) -> tuple[int | None, Path | None]:
    """--memory in bytes, and the folder of --tmp."""
    from textkit.text.kernels import unavailable

    size, folder = options.spilling(memory, tmp)
    if size is not None and (reason := unavailable()):
        raise UsageError(f"--memory needs compiled loops, which cannot be had here ({reason})")
    return size, folder
