"""Rows of data sets as the texts that textkit learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import datasets

from textkit.data.encoded import EncodedCorpus
from textkit.data.spans import TaggedSentence
from textkit.errors import InputError, UsageError, unknown_name
from textkit.tasks.classification import LabelledTexts

Rows = Iterable[Mapping[str, Any]]


def lines(dataset: Rows, column: str = "text") -> Iterator[str]:
    """The texts of a column, as they come. Raises UsageError for no such column, InputError naming the row.

    >>> list(lines(datasets.Dataset.from_dict({"text": ["to be", "or"]})))
    ['to be', 'or']
    """
    _check(dataset, column)
    return (_text(value, number, column) for number, value in _values(dataset, column))


def labelled_texts(
    dataset: Rows, *, text: str = "text", label: str = "label", labels: Sequence[str] | None = None
) -> LabelledTexts:
    """Texts and labels: the names of a ClassLabel, else what stands there as text.

    Raises InputError for a row without one of them (-1 is no label), and what `lines` raises. `labels` are
    those of training.

    >>> rows = datasets.Dataset.from_dict({"text": ["so good", "bad"], "label": [1, 0]})
    >>> rows = rows.cast_column("label", datasets.ClassLabel(names=["neg", "pos"]))
    >>> labelled_texts(rows).labels, labelled_texts(rows).classes.tolist()
    (('neg', 'pos'), [1, 0])
    """
    _check(dataset, text, label)
    names = _names(_feature(dataset, label))
    pairs = []
    for number, row in enumerate(dataset, 1):
        value = row.get(label)
        if value is None or (names is not None and value == -1):
            raise InputError(f"row {number}: column {label!r} holds no label")
        if not isinstance(value, str | int):
            raise InputError(f"row {number}: column {label!r} holds no label but {value!r}")
        name = str(_named(value, names, number, label))
        pairs.append((_text(row.get(text), number, text), name))
    return LabelledTexts.of(pairs, labels=labels)


def pairs(dataset: Rows, source: str, target: str) -> Iterator[tuple[str, str]]:
    """Sentences and their translations: columns of these names, or languages of a column "translation".

    >>> rows = [{"translation": {"de": "eins", "en": "one"}}]
    >>> list(pairs(datasets.Dataset.from_list(rows), "de", "en"))
    [('eins', 'one')]
    """
    columns = getattr(dataset, "column_names", None)
    within = columns is not None and "translation" in columns and source not in columns
    if not within:
        _check(dataset, source, target)
    for number, row in enumerate(dataset, 1):
        found = row["translation"] if within else row
        if not isinstance(found, Mapping):
            raise InputError(f"row {number}: column 'translation' holds no translations but {found!r}")
        yield _text(found.get(source), number, source), _text(found.get(target), number, target)


def tagged_sentences(
    dataset: Rows, *, tokens: str = "tokens", tags: str = "tags"
) -> Iterator[TaggedSentence]:
    """Tokens and their tags: the names of ClassLabels, else what stands there.

    >>> rows = datasets.Dataset.from_dict({"tokens": [["to", "Paris"]], "tags": [["O", "B-city"]]})
    >>> next(tagged_sentences(rows)).tags
    ('O', 'B-city')
    """
    _check(dataset, tokens, tags)
    feature = _feature(dataset, tags)
    names = _names(getattr(feature, "feature", feature))
    for number, row in enumerate(dataset, 1):
        words, marks = row.get(tokens), row.get(tags)
        if not isinstance(words, list) or not isinstance(marks, list) or len(words) != len(marks):
            raise InputError(f"row {number}: as many tags ({tags!r}) as tokens ({tokens!r}) are needed")
        named = (_named(mark, names, number, tags) for mark in marks)
        yield TaggedSentence(
            tuple(_text(word, number, tokens) for word in words),
            tuple(_text(mark, number, tags) for mark in named),
        )


def encoded_corpus(dataset: Rows, column: str = "ids") -> EncodedCorpus:
    """The ids of a column, flat.

    >>> encoded_corpus(datasets.Dataset.from_dict({"ids": [[5, 6], []]})).offsets.tolist()
    [0, 2, 2]
    """
    _check(dataset, column)

    def sequences() -> Iterator[Sequence[int]]:
        for number, value in _values(dataset, column):
            if not isinstance(value, list) or not all(map(_is_id, value)):
                raise InputError(f"row {number}: column {column!r} holds no ids")
            yield value

    return EncodedCorpus.from_sequences(sequences())


def _values(dataset: Rows, column: str) -> Iterator[tuple[int, Any]]:
    if isinstance(dataset, datasets.Dataset):
        dataset = dataset.select_columns([column])  # no other column is decoded
    return ((number, row.get(column)) for number, row in enumerate(dataset, 1))


def _text(value: object, number: int, column: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"row {number}: column {column!r} holds no text but {value!r}")
    return value


def _named(value: object, names: Sequence[str] | None, number: int, column: str) -> object:
    """What a ClassLabel calls it; its -1, which is no label, must not become the last one."""
    if names is None or not isinstance(value, int):
        return value
    if not 0 <= value < len(names):
        raise InputError(f"row {number}: column {column!r} holds no label but {value}")
    return names[value]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**31


def _check(dataset: Rows, *columns: str) -> None:
    if isinstance(dataset, datasets.DatasetDict | datasets.IterableDatasetDict):
        raise UsageError(f"name one of the data set's parts: {', '.join(dataset)}")
    known = getattr(dataset, "column_names", None)
    for column in columns:
        if known is not None and column not in known:
            raise unknown_name("column", column, known)


def _feature(dataset: Rows, column: str) -> Any:
    features = getattr(dataset, "features", None)
    return None if features is None else features.get(column)


def _names(feature: Any) -> list[str] | None:
    return list(feature.names) if isinstance(feature, datasets.ClassLabel) else None
