"""Texts with their labels, out of files of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from textkit.errors import InputError
from textkit_corpora.compression import display_name, is_standard
from textkit_corpora.text_records import open_records


class LabelledRecord(NamedTuple):
    """A text, its label, and where it stands (file:line)."""

    text: str
    label: str
    where: str


def read_labelled(
    path: Path | str | None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    errors: str = "strict",
) -> Iterator[LabelledRecord]:
    """The labelled texts of a .tsv, .csv, .jsonl or .parquet file, packed or not, or of standard input.

    Columns that are named stand in a header, or are the fields of JSON and Parquet records ("text" and
    "label" if not said); columns that are numbered, from 1, mean a table without a header. A TSV or CSV
    file of which neither is said has a header if its first row holds "text" and "label"; else it has two
    columns, label and text. Files of any other name, and standard input, are TSV; standard input with a
    column named is JSON lines. A text may be empty, a label may not; line ends in a text become spaces.

    Raises InputError, with file and line, for what cannot be read and for a file without a record.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.tsv")
    >>> _ = path.write_text("1\\tfine\\n0\\tno, thanks\\n")
    >>> [record[:2] for record in read_labelled(path)]
    [('fine', '1'), ('no, thanks', '0')]
    """
    empty = True
    with open_records(
        path, text_column=text_column, label_column=label_column, labelled=True, errors=errors
    ) as records:
        for where, row in records.rows:
            if isinstance(row, InputError):
                raise row
            text = records.text(row, where=where)
            label = records.label(row, where=where)
            for value in (text, label):
                if isinstance(value, InputError):
                    raise value
            empty = False
            yield LabelledRecord(str(text), str(label), where)
    if empty:
        raise InputError(f"{display_name(path)}: is empty; there is no labelled text")


def read_texts(
    path: Path | str | None, *, text_column: str | None = None, errors: str = "strict"
) -> Iterator[str]:
    """The texts of a file without labels: lines of plain text, or one column of records.

    A TSV or CSV file has a header if its first row holds "text" or `text_column` is a name; else its texts
    are in its only or its second column. Raises InputError as `read_labelled` does.
    """
    empty = not is_standard(path)
    with open_records(path, text_column=text_column, errors=errors) as records:
        for where, row in records.rows:
            text = row if isinstance(row, InputError) else records.text(row, where=where)
            if isinstance(text, InputError):
                raise text
            empty = False
            yield text
    if empty:
        raise InputError(f"{path}: is empty; there is no text")
