"""From the tokens of a block to the bytes that `textkit tokenize` writes for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from textkit.errors import InputError
from textkit.text import Token, Vocab
from textkit.text.package_versions import package_versions
from textkit_cli.tokenizing import Places, Tokenizing
from textkit_corpora.blocks import Block
from textkit_corpora.compression import pack

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from textkit.text.token_batch import TokenBatch

Values = Sequence[str] | Sequence[int]

FORMS = ("text", "jsonl", "csv", "tsv", "parquet")


@dataclass(frozen=True)
class Rendered:
    """A block's output, packed; bytes of input read so far; what was skipped."""

    data: bytes
    read: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Rendering:
    """What becomes of each line: its tokens, or their ids in `vocab`, written in one of `FORMS`.

    text:      joined by one space.
    jsonl:     {"tokens": [...]} or {"ids": [...]}; with "offsets": [[start, end], ...] when asked for.
    csv, tsv:  a column of them, joined by one space.
    parquet:   a column of lists, and one of offsets when asked for, as an Arrow IPC stream.

    `suffix` says how the output is packed. `batched`: whole blocks go to the tokenizer at once.
    """

    tokenizing: Tokenizing
    form: str = "text"
    vocab: Vocab | None = None
    offsets: bool = False
    suffix: str = ""
    batched: bool = False

    def __call__(self, block: Block) -> Rendered:
        data, faults = self._from_batch(block) if self.batched else self._from_lines(block)
        return Rendered(pack(data, self.suffix), block.read, faults)

    def grown(self) -> Rendering:
        """The same for much text: in batches, where they can be had."""
        return replace(self, batched=bool(self.tokenizing.pays(sys.maxsize)))

    def signature(self) -> str:
        """All that the output depends on besides the input, in one line."""
        cleaning = self.tokenizing.cleaning
        pipeline = cleaning.clean.then(self.tokenizing.tokenizer)
        versions = ",".join(f"{name}-{version}" for name, version in package_versions(pipeline).items())
        vocab = self.vocab and self.vocab.digest()
        return (
            f"{pipeline.signature()} versions={versions} form={self.form} vocab={vocab} "
            f"offsets={self.offsets} suffix={self.suffix} errors={cleaning.errors} skip={cleaning.skip}"
        )

    @property
    def head(self) -> bytes:
        """What the output begins with: the header of a table, the schema of Parquet."""
        if self.form in ("csv", "tsv"):
            from textkit_corpora.tables import encode_rows

            return pack(encode_rows(self.form, [[self._column]]), self.suffix)
        return self._arrow([], [] if self.offsets else None) if self.form == "parquet" else b""

    @property
    def _column(self) -> str:
        return "tokens" if self.vocab is None else "ids"

    def _from_batch(self, block: Block) -> tuple[bytes, tuple[str, ...]]:
        """All lines at once; where a token has no id, again one by one, which finds the line."""
        from textkit.text.token_batch import joined_ids

        if self.offsets:
            return self._placed_from_batch(block)
        tokens, faults = self.tokenizing.batch(block)
        try:
            if self.vocab is None:
                if self.form == "text":
                    return tokens.joined(), faults
                return tokens.json() if self.form == "jsonl" else self._written(tokens.lists()), faults
            ids = self.vocab.encode_flat(tokens)
        except InputError:
            return self._from_lines(block)
        if self.form == "text":
            return joined_ids(ids, tokens.offsets), faults
        return self._written(_lists(ids, tokens)), faults

    def _placed_from_batch(self, block: Block) -> tuple[bytes, tuple[str, ...]]:
        found = self.tokenizing.batch_places(block)
        if found is None:
            return self._from_lines(block)
        tokens, places, faults = found
        if self.vocab is None:
            return self._written(tokens.lists(), places), faults
        try:
            ids = self.vocab.encode_flat(tokens)
        except InputError:
            return self._from_lines(block)
        return self._written(_lists(ids, tokens), places), faults

    def _from_lines(self, block: Block) -> tuple[bytes, tuple[str, ...]]:
        """One line after the other."""
        tokenizing = self.tokenizing
        if self.offsets:
            placed, faults = tokenizing.map_places(self._with_places, block)
            return self._written([line for line, _ in placed], [places for _, places in placed]), faults
        values, faults = tokenizing.map_tokens(self._values, block)
        return self._written(values), faults

    def _values(self, tokens: list[str]) -> Values:
        return tokens if self.vocab is None else self.vocab.encode(tokens)

    def _with_places(self, tokens: list[Token]) -> tuple[Values, Places]:
        values = self._values([token.text for token in tokens])
        return values, [(token.start, token.end) for token in tokens]

    def _written(self, values: Sequence[Values], places: Sequence[Places] | None = None) -> bytes:
        if self.form == "parquet":
            return self._arrow(values, places)
        if self.form == "jsonl":
            records: list[dict[str, Any]] = [{self._column: line} for line in values]
            for record, line_places in zip(records, places or (), strict=False):
                record["offsets"] = line_places
            return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
        # A token that holds a line end must not make a line.
        lines = [" ".join(map(str, line)).replace("\n", " ") for line in values]
        if self.form == "text":
            return "".join(f"{line}\n" for line in lines).encode()
        from textkit_corpora.tables import encode_rows

        return encode_rows(self.form, ([line] for line in lines))

    def _arrow(self, values: Sequence[Values], places: Sequence[Places] | None) -> bytes:
        import pyarrow

        kind = pyarrow.string() if self.vocab is None else pyarrow.int32()
        columns = {self._column: pyarrow.array(values, pyarrow.list_(kind))}
        if places is not None:
            columns["offsets"] = pyarrow.array(places, pyarrow.list_(pyarrow.list_(pyarrow.int32(), 2)))
        table = pyarrow.table(columns)
        out = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
        data: bytes = out.getvalue().to_pybytes()
        return data


def _lists(ids: npt.NDArray[np.int32], tokens: TokenBatch) -> list[list[int]]:
    """The ids of each line's tokens."""
    flat = ids.tolist()
    return [flat[begin:end] for begin, end in pairwise(tokens.offsets.tolist())]
