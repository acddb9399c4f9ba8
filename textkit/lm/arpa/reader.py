"""Reading ARPA text: every fault is told with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from textkit.engine import Serial, map_blocks
from textkit.engine.engine import Engine
from textkit.lm.arpa.entries import EntryParser
from textkit.lm.arpa.lines import ArpaLines
from textkit.lm.arpa.section import Section, grown
from textkit.lm.language_model import END, SPECIALS
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.threads import engine_of
from textkit.lm.trie import BEGIN, LONGEST, NgramTrie
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable
from textkit.text.vocab import UNKNOWN, Vocab

_OTHER_UNKNOWN = "<UNK>"  # as some programs spell it, and as KenLM takes it


def read_arpa(path: Path | str, *, jobs: int | None = None) -> NgramModel:
    r"""Read an n-gram model of any order from ARPA text, gzipped or not.

    The vocabulary is `<unk>`, `</s>` and the other unigrams in the file's order; n-grams may stand in any
    order. `jobs` threads parse, as many as there are processors by default, 8 at most.

    Raises InputError, with the line number, when the file is truncated, reordered, malformed, contradicts
    its own counts or is not ARPA at all.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "m.arpa"
    >>> text = "\\data\\\nngram 1=3\n\n\\1-grams:\n-0.5 <unk>\n-0.25 </s>\n-0.75 word\n\n\\end\\\n"
    >>> _ = path.write_text(text)
    >>> model = read_arpa(path)
    >>> model.vocab.tokens, model.log_prob[0].all().tolist(), model.notes
    (('<unk>', '</s>', 'word'), [-0.5, -0.25, -0.75, -inf],
     ('<s> is not among the 1-grams and has probability zero',))
    """
    with ArpaLines.opened(Path(path)) as lines, engine_of(jobs) as engine:
        return _read(lines, engine)


def _read(lines: ArpaLines, engine: Engine) -> NgramModel:
    sizes, heading = _sizes(lines)
    found = TokenTable()
    # Ids are given in the order of the lines: one block after the other.
    unigrams = _section(lines, heading, sizes, order=1, table=found, engine=Serial())
    spelled, notes = found.tokens(), []
    unknown = UNKNOWN
    if UNKNOWN not in spelled and _OTHER_UNKNOWN in spelled:
        unknown = _OTHER_UNKNOWN
        notes.append(f"{_OTHER_UNKNOWN} is taken for {UNKNOWN}, the unknown word")
    marks = (unknown, END, BEGIN)
    missing = sorted(set(marks).difference(spelled), key=marks.index)
    notes += [f"{token} is not among the 1-grams and has probability zero" for token in missing]
    words = [token for token in spelled if token not in marks]
    tokens = (*SPECIALS, *words)
    vocab = Vocab(tokens, (0,) * len(tokens), specials=len(SPECIALS), unknown=UNKNOWN)
    table = TokenTable()  # of what the file calls them
    table.add(TokenBatch.of([[unknown, END, *words, BEGIN]]))
    ids = table.find(found.batch())
    trie = NgramTrie.of(len(vocab), ())
    log_prob = [np.full(trie.base, -np.inf, np.float32)]
    log_backoff = [np.zeros(trie.base, np.float32)]
    log_prob[0][ids], log_backoff[0][ids] = unigrams.logs.T
    for order in range(2, len(sizes) + 1):
        section = _section(lines, lines.next(), sizes, order=order, table=table, engine=engine)
        longer = grown(trie, section, longest=order == len(sizes), engine=engine)
        trie = longer.trie
        log_prob.append(longer.log_prob)
        log_backoff.append(longer.log_backoff)
        if longer.dropped:
            what = f"{longer.dropped} with {BEGIN} inside, which no text can reach"
            notes.append(f"order {order}: left out {what}")
    if lines.next() != "\\end\\":
        lines.fail(f"\\end\\ is due after the {sizes[-1]} {len(sizes)}-grams that \\data\\ announces")
    backoffs = tuple(map(LogTable, log_backoff[: len(sizes) - 1]))
    name = f"ARPA {lines.path.name}"
    return NgramModel(vocab, trie, tuple(map(LogTable, log_prob)), backoffs, name, notes=tuple(notes))


def _sizes(lines: ArpaLines) -> tuple[list[int], str | None]:
    r"""The numbers of n-grams that \data\ announces, and the line after them."""
    while (line := lines.next()) != "\\data\\":
        if line is None:
            lines.fail("no \\data\\ line: not an ARPA file")
    sizes: list[int] = []
    while (line := lines.next()) is not None and line.startswith("ngram"):
        match = re.fullmatch(r"ngram\s+(\d{1,9})\s*=\s*(\d{1,15})", line, flags=re.ASCII)
        if not match or int(match[1]) != len(sizes) + 1:
            lines.fail(f"'ngram {len(sizes) + 1}=COUNT' is due here, not {line[:40]!r}")
        sizes.append(int(match[2]))
    if len(sizes) > LONGEST:
        lines.fail(f"n-grams of {len(sizes)} words; {LONGEST} are the most that can be asked")
    if not sizes:
        lines.fail("\\data\\ must announce how many n-grams there are: 'ngram 1=COUNT'")
    return sizes, line


def _section(
    lines: ArpaLines,
    heading: str | None,
    sizes: Sequence[int],
    *,
    order: int,
    table: TokenTable,
    engine: Engine,
) -> Section:
    r"""All entries of one order; `heading`, which was just read, should be its \N-grams: line.

    `table` gives the words' ids; the unigrams fill it.
    """
    size = sizes[order - 1]
    if heading != f"\\{order}-grams:":
        after = (
            f" after the {sizes[order - 2]} {order - 1}-grams that \\data\\ announces" if order > 1 else ""
        )
        what = "but the file ends" if heading is None else f"not {heading[:40]!r}"
        lines.fail(f"\\{order}-grams: is due{after}, {what}")
    first = lines.number + 1
    # A false number must not take all memory: an entry is "0", k times a blank and a letter, and the end.
    most = size if lines.size is None else min(size, lines.size // (2 * order + 2) + 1)
    try:
        ids, logs = np.empty((most, order), np.int32), np.empty((most, 2), np.float32)
    except (MemoryError, ValueError):
        lines.fail(f"the {size} {order}-grams that \\data\\ announces are more than memory holds")
    parser = EntryParser(table, order=order, size=size, first=first, longest=order == len(sizes))
    done = 0
    for entries in map_blocks(parser, lines.blocks(size), engine=engine):
        piece = slice(done, done + len(entries.ids))
        ids[piece], logs[piece] = entries
        done = piece.stop
    if done < size:
        lines.fail(f"the file ends after {done} of the {size} {order}-grams that \\data\\ announces")
    return Section(lines.path, first, ids, logs)
