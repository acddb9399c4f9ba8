"""Records with the answers of a model added to them, in every form of output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textkit.errors import InputError
from textkit_corpora.records import arrow_stream
from textkit_corpora.tables import encode_rows
from textkit_corpora.text_records import TextRecords

FORMS = ("text", "csv", "tsv", "jsonl", "parquet")
TAKEN = "predicted_"  # before a name that the records have already

Row = dict[str, Any]
Answer = tuple[Any, ...]  # a value for each of the columns that are added


def form_of_output(kind: str, suffix: str, *, to_file: bool) -> str:
    """The form of the output by its suffix: without one that of the input, Parquet becoming JSON lines.

    >>> form_of_output("csv", ".jsonl", to_file=True), form_of_output("parquet", "", to_file=False)
    ('jsonl', 'jsonl')
    """
    by_suffix = {".ndjson": "jsonl"} | {f".{form}": form for form in FORMS[1:]}
    if suffix in by_suffix:
        return by_suffix[suffix]
    if to_file:
        return "text"
    return "jsonl" if kind == "parquet" else kind


@dataclass(frozen=True)
class AnsweredRecords:
    """How records become blocks of output, the answers added behind what they hold.

    columns: the names of a table's columns, those of the answers last.
    added:   the names of the answers, such as label and probability.
    header:  whether a CSV or TSV output names them.
    text:    the column of the text.
    schema:  that of Parquet output.
    """

    form: str
    columns: tuple[str, ...]
    added: tuple[str, ...]
    header: bool
    text: str
    schema: Any

    @staticmethod
    def of(
        records: TextRecords, form: str, *, first: Sequence[Row], added: Mapping[str, type]
    ) -> AnsweredRecords:
        """For records of which the `first` ones are read already; `added` says what each answer is, str or
        float."""
        known = records.columns.names or tuple(dict.fromkeys(name for row in first for name in row))
        known = known or (records.columns.text,)
        bare = records.kind in ("csv", "tsv") and not records.columns.header
        while not bare and any(name in known for name in added):
            added = {TAKEN + name: kind for name, kind in added.items()}
        schema = _schema(records, first, known, added) if form == "parquet" else None
        columns = (*known, *added)
        return AnsweredRecords(form, columns, tuple(added), not bare, records.columns.text, schema)

    def head(self) -> bytes:
        """What stands before the first block."""
        if self.form == "parquet":
            return arrow_stream(self.schema)
        if self.form in ("csv", "tsv") and self.header:
            return encode_rows(self.form, [self.columns])
        return b""

    def block(
        self, rows: Sequence[Row], answers: Sequence[Answer], texts: Sequence[str], places: Sequence[str]
    ) -> bytes:
        """A block of records as bytes. Raises InputError for one that does not fit the output."""
        try:
            if self.form == "parquet":
                return self._arrow(rows, answers, places)
            if self.form == "jsonl":
                return b"".join(self._json(rows, answers, places))
            if self.form == "text":
                cells = ([*map(_cell, a), text] for a, text in zip(answers, texts, strict=True))
                return encode_rows("tsv", cells)
            return encode_rows(self.form, self._cells(rows, answers, places))
        except UnicodeEncodeError as error:
            raise InputError(
                f"{places[0]} or soon after: a field holds half a character, which the output cannot; "
                "mend it, or write .jsonl"
            ) from error

    def _check_fields(self, rows: Sequence[Row], places: Sequence[str]) -> None:
        names = frozenset(self.columns[: -len(self.added)])
        for row, where in zip(rows, places, strict=True):
            if not names.issuperset(row):
                extra = next(name for name in row if name not in names)
                raise InputError(
                    f"{where}: the field '{extra}' is none of the columns, which the first records gave; "
                    "write .jsonl"
                )

    def _cells(
        self, rows: Sequence[Row], answers: Sequence[Answer], places: Sequence[str]
    ) -> Iterator[list[str]]:
        self._check_fields(rows, places)
        known = self.columns[: -len(self.added)]
        for row, answer in zip(rows, answers, strict=True):
            cells = [_cell(row.get(name)) for name in known]
            yield cells + [_cell(value) for value in answer]

    def _json(self, rows: Sequence[Row], answers: Sequence[Answer], places: Sequence[str]) -> Iterator[bytes]:
        for row, answer, where in zip(rows, answers, places, strict=True):
            line = self._joined(self._named(row), answer, where)
            try:
                text = json.dumps(line, ensure_ascii=False, default=str).encode()
            except UnicodeEncodeError:  # half a character is legal in JSON, escaped
                text = json.dumps(line, default=str).encode()
            yield text + b"\n"

    def _joined(self, row: Mapping[str, Any], answer: Answer, where: str) -> Row:
        for name in self.added:
            if name in row:
                raise InputError(
                    f"{where}: has a field '{name}', which the first records lack; it is the answer's"
                )
        return dict(row) | dict(zip(self.added, answer, strict=True))

    def _named(self, row: Row) -> Row:
        """A record of a table without a header, whose columns are numbered: the text's gets its name."""
        if self.header:
            return row
        return {"text" if name == self.text else f"column_{name}": value for name, value in row.items()}

    def _arrow(self, rows: Sequence[Row], answers: Sequence[Answer], places: Sequence[str]) -> bytes:
        import pyarrow

        self._check_fields(rows, places)  # a schema drops what it does not name
        named = [
            self._joined(self._named(row), a, w) for row, a, w in zip(rows, answers, places, strict=True)
        ]
        try:
            batch = pyarrow.RecordBatch.from_pylist(named, schema=self.schema)
        except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{places[0]} or soon after: a field is of another type than before ({reason}); write .jsonl"
            ) from error
        return arrow_stream(self.schema, batch)


def _schema(
    records: TextRecords, first: Sequence[Row], known: Sequence[str], added: Mapping[str, type]
) -> Any:
    """The columns of Parquet output: those of a Parquet input as they are, of JSON as the first ones show."""
    import pyarrow

    if records.schema is not None:
        schema = records.schema
    elif records.kind == "jsonl":
        try:
            schema = pyarrow.RecordBatch.from_pylist(list(first)).schema if first else pyarrow.schema([])
        except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"{records.source.name}: fields of mixed types ({' '.join(str(error).split())}); write .jsonl"
            ) from error
    else:
        bare = records.kind in ("csv", "tsv") and not records.columns.header
        names = known
        if bare:
            names = ["text" if name == records.columns.text else f"column_{name}" for name in known]
        schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
    for name, kind in added.items():
        schema = schema.append(pyarrow.field(name, pyarrow.string() if kind is str else pyarrow.float64()))
    return schema


def _cell(value: Any) -> str:
    """A value in a table: nothing for null, JSON for what is no text or number."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)
    )
