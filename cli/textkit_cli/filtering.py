"""Records scored, and those that a rule keeps written out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from textkit.errors import InputError
from textkit_cli.scoring import Scoring
from textkit_corpora.compression import pack
from textkit_corpora.record_files import RecordFiles
from textkit_corpora.records import RecordBlock
from textkit_corpora.sinks import Sink

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from textkit.lm.line_scores import LineScores
    from textkit.tasks.language_model.filtering import Measure

COLUMNS = ("perplexity", "bits_per_byte", "tokens", "unknown")


@dataclass(frozen=True)
class Rule:
    """Keep the `share` of the records that is best by a measure, or those of `limit` at most.

    One of the two is None. `invert`: what would be dropped is kept.
    """

    by: Measure
    share: float | None
    limit: float | None
    invert: bool


@dataclass
class Kept:
    """How many records there were, were kept, had no token, their words and characters; the limit used."""

    limit: float = math.nan
    records: int = 0
    kept: int = 0
    empty: int = 0
    words: int = 0
    unknown: int = 0
    characters: int = 0
    kept_characters: int = 0

    def message(self, rule: Rule) -> str:
        """All of it in one line."""
        share = self.kept_characters / self.characters if self.characters else 0.0
        unit = "perplexity" if rule.by == "perplexity" else "bits a byte"
        limit = (
            ""
            if math.isnan(self.limit)
            else f"; {unit} {'over' if rule.invert else 'up to'} {self.limit:.6g}"
        )
        empty = f" ({self.empty} have no token)" if self.empty else ""
        return (
            f"kept {self.kept} of {self.records} records{empty}, {share:.1%} of the characters; "
            f"dropped {self.records - self.kept}{limit}"
        )


@dataclass
class Filtering:
    """A rule, and what it takes to follow it. `table` gets the scores of every record."""

    rule: Rule
    scoring: Scoring
    records: RecordFiles
    table: TextIO | None
    advance: Callable[[int], object]
    kept: Kept = field(default_factory=Kept)

    def write(self, sink: Sink, *, suffix: str) -> Kept:
        """Write the records that the rule keeps, packed as `suffix` says."""
        if self.table is not None:
            print(*COLUMNS, sep="\t", file=self.table)
        blocks = self._judged_twice() if self.rule.limit is None else self._judged_once(self.rule.limit)
        for block, keep in blocks:
            self._count(block, keep)
            if keep.any() and (data := block.select(keep.tolist())):
                sink.write(pack(data, suffix))
        return self.kept

    def _judged_once(self, limit: float) -> Iterator[tuple[RecordBlock, npt.NDArray[np.bool_]]]:
        self.kept.limit = limit
        for block in self._blocks():
            yield block, (self._values(block) <= limit) != self.rule.invert

    def _judged_twice(self) -> Iterator[tuple[RecordBlock, npt.NDArray[np.bool_]]]:
        """Once for the values, four bytes a record, which tell the limit, and once to choose."""
        import numpy as np

        from textkit.tasks.language_model.filtering import best

        collected = array("f")
        for block in self._blocks():
            collected.frombytes(self._values(block).tobytes())
        keep, self.kept.limit = best(np.frombuffer(collected, np.float32), self.rule.share or 0.0)
        at = 0
        for block in self._blocks():
            chosen = keep[at : at + len(block)]
            at += len(block)
            if len(chosen) < len(block):
                break
            yield block, chosen != self.rule.invert
        if at != len(keep):
            raise InputError(f"{self.records.files[0]}: changed while it was read; filter a file at rest")

    def _blocks(self) -> Iterator[RecordBlock]:
        """All records, progress being told."""
        read = 0
        for block in self.records.blocks():
            if block.lines.first == 1:
                read = 0
            yield block
            self.advance(max(block.lines.read - read, 0))
            read = block.lines.read

    def _values(self, block: RecordBlock) -> npt.NDArray[np.float32]:
        import numpy as np

        from textkit.tasks.language_model.filtering import measures

        scores = self.scoring.lines(block.lines)
        if block.begins is not None:
            scores = scores.grouped(np.array(block.begins, dtype=np.int64))
        values = measures(scores, by=self.rule.by)
        self.kept.words += int((scores.tokens - scores.lines).sum())
        self.kept.unknown += int(scores.unknown.sum())
        self.kept.empty += int(np.isnan(values).sum())
        if self.table is not None:
            self.table.writelines(_rows(scores))
        return values

    def _count(self, block: RecordBlock, keep: npt.NDArray[np.bool_]) -> None:
        import numpy as np

        lines, _ = block.lines.strings(errors=self.records.errors)
        sizes = np.fromiter(map(len, lines), np.int64, len(lines))
        if block.begins is not None:
            sizes = np.add.reduceat(sizes, block.begins)
        self.kept.records += len(keep)
        self.kept.kept += int(keep.sum())
        self.kept.characters += int(sizes.sum())
        self.kept.kept_characters += int(sizes[keep].sum())


def _rows(scores: LineScores) -> Iterator[str]:
    from textkit.tasks.language_model.filtering import MEASURES, measures

    likelihoods = [measures(scores, by=measure) for measure in MEASURES]
    columns = [column.tolist() for column in likelihoods]
    columns += [scores.tokens.tolist(), scores.unknown.tolist()]
    return ("%.7g\t%.7g\t%d\t%d\n" % row for row in zip(*columns, strict=True))  # noqa: UP031 (twice as quick)
