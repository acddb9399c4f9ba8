"""Reading files for an audit, which goes on where other commands stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textkit.errors import InputError
from textkit_corpora.compression import display_name, is_standard
from textkit_corpora.encodings import foreign_encoding
from textkit_corpora.tables import kind_of
from textkit_corpora.text_records import TextRecords, open_records

if TYPE_CHECKING:
    from textkit.tasks.classification.audited import AuditedTexts


def read_audited(file: str, *, text_column: str | None, label_column: str | None) -> AuditedTexts:
    """The texts of a file, with labels if it has them; faults and a foreign encoding are noted, not raised.

    Raises InputError where nothing of the file can be read.
    """
    from textkit.tasks.classification.audited import AuditedTexts

    name = display_name(file)
    if not is_standard(file) and kind_of(file) != "parquet":
        encoding = foreign_encoding(file)
        if encoding is not None:
            return AuditedTexts(name, (), None, (), encoding=encoding)
    try:
        return _read(file, text_column=text_column, label_column=label_column, labelled=True)
    except InputError as error:
        if label_column is not None or is_standard(file):
            raise
        try:
            return _read(file, text_column=text_column, label_column=None, labelled=False)
        except InputError:
            raise error from None


def _read(file: str, *, text_column: str | None, label_column: str | None, labelled: bool) -> AuditedTexts:
    from textkit.tasks.classification.audited import AuditedTexts

    texts, labels, places, faults = list[str](), list[str](), list[str](), list[str]()
    with open_records(file, text_column=text_column, label_column=label_column, labelled=labelled) as records:
        for where, row in records.rows:
            if isinstance(row, InputError):
                faults.append(str(row))
                continue
            text = records.text(row, where=where)
            label = records.label(row, where=where) if labelled else ""
            if wrong := [each for each in (text, label) if isinstance(each, InputError)]:
                if labelled and label_column is None and not texts and _unlabelled(records, row):
                    raise wrong[-1]
                faults.append(str(wrong[0]))
                continue
            texts.append(str(text))
            labels.append(str(label))
            places.append(where)
    if not texts:
        raise InputError(
            faults[0] if faults else f"{display_name(file)}: is empty; there is no text to look at"
        )
    return AuditedTexts(
        display_name(file), tuple(texts), tuple(labels) if labelled else None, tuple(places), tuple(faults)
    )


def _unlabelled(records: TextRecords, row: dict[str, object]) -> bool:
    """Whether it is JSON lines without labels."""
    return records.kind == "jsonl" and (records.columns.label or "label") not in row
