"""Pairs out of files of every kind, and what is said of those that are none."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from textkit.errors import InputError, UsageError
from textkit_corpora.pairs import pairs_of_rows, read_pairs

PAIRS = [("Il pleut.", "It rains."), ("", "Nothing"), ('Un "b", c', "中\u2028b")]
ROWS = [{"fr": one, "en": other} for one, other in PAIRS]


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    data = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def pairs(path: Path | str | None, target: Path | str | None = None, **options: str) -> list[tuple[str, str]]:
    return [record[:2] for record in read_pairs(path, target, **options)]


def test_two_files_line_by_line(tmp_path: Path) -> None:
    source = write(tmp_path, "a.fr", "".join(one + "\n" for one, _ in PAIRS))
    target = write(tmp_path, "a.en.gz", "\r\n".join(other for _, other in PAIRS))
    assert pairs(source, target) == PAIRS
    assert [record.where for record in read_pairs(source, target)] == [f"{source}:{n}" for n in (1, 2, 3)]
    rows = write(tmp_path, "b.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    assert pairs(rows, rows, source_column="fr", target_column="en") == PAIRS


@pytest.mark.parametrize(("source", "target"), [(3, 5), (5, 3), (0, 2)])
def test_files_of_unequal_length_name_both_counts(tmp_path: Path, source: int, target: int) -> None:
    one, other = write(tmp_path, "a.fr", "x\n" * source), write(tmp_path, "a.en", "y\n" * target)
    read = []
    with pytest.raises(InputError) as raised:
        read.extend(read_pairs(one, other))
    if source:
        assert str(raised.value).startswith(f"{one}: has {source} lines, {other} has {target}; line by line")
    else:
        assert str(raised.value) == f"{one}: is empty; there is no line to read"


@pytest.mark.parametrize(
    ("name", "data", "columns"),
    [
        ("f.tsv", "a\tb\n\tc\n", {}),
        ("f.tsv.gz", "b\ta\nc\t\n", {"source_column": "2", "target_column": "1"}),
        ("f.tsv", "b\ta\nc\t\n", {"source_column": "2"}),
        ("f.tsv", "b\ta\nc\t\n", {"target_column": "1"}),
        ("f.data", "a\tb\n\tc\n", {}),
        ("f.csv", '"a",b\n"",c\n', {}),
        ("f.csv", "id,Target,Source\n1,b,a\n2,c,\n", {}),
        ("f.tsv", "de\ten\na\tb\n\tc\n", {"source_column": "de", "target_column": "en"}),
        ("f.csv", "n,x,a,b\n,,a,b\n,,,c\n", {"source_column": "a", "target_column": "b"}),
        ("f.tsv", "1\ta\t0\tb\n2\t\t0\tc\n", {"source_column": "2", "target_column": "4"}),
        ("f.jsonl", '{"source":"a","target":"b"}\n\n{"target":"c","source":""}\n', {}),
    ],
)
def test_one_file_of_two_columns(tmp_path: Path, name: str, data: str, columns: dict[str, str]) -> None:
    assert pairs(write(tmp_path, name, data), **columns) == [("a", "b"), ("", "c")]


@pytest.mark.parametrize(
    ("source", "target"), [("fr", "en"), ("translation.fr", "translation.en"), ("translation.fr", "en")]
)
def test_nested_fields(tmp_path: Path, source: str, target: str) -> None:
    nested = [{"id": 1, "translation": row} for row in ROWS]
    lines = write(tmp_path, "f.jsonl", "".join(json.dumps(row) + "\n" for row in nested))
    table = tmp_path / "f.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(nested), table)
    columns = {"source_column": source, "target_column": target}
    assert pairs(lines, **columns) == pairs(table, **columns) == PAIRS
    assert [record[:2] for record in pairs_of_rows(nested, **columns)] == PAIRS
    assert list(read_pairs(table, **columns))[1].where == f"{table}: row 2"


def test_rows_as_data_sets_have_them() -> None:
    rows = [{"translation": row} for row in ROWS]
    records = list(pairs_of_rows(iter(rows), source_column="fr", target_column="en", name="mine"))
    assert [record[:2] for record in records] == PAIRS
    assert records[2].where == "mine: row 3"
    with pytest.raises(InputError, match=r"mine: row 1: has no field 'source' .*translation.fr.*--source"):
        list(pairs_of_rows(rows, name="mine"))
    with pytest.raises(InputError, match=r"^data set: is empty; there is no pair"):
        list(pairs_of_rows([]))


def test_standard_input_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(data: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))

    other = write(tmp_path, "a.en", "b\n")
    given("a\n")
    assert pairs("-", other) == [("a", "b")]
    given("a\n")
    assert pairs(other, "-") == [("b", "a")]
    given("a\tb\n")
    assert list(read_pairs(None)) == [("a", "b", "standard input:1")]
    given('{"fr":"a","en":"b"}\n')
    assert pairs("-", source_column="fr", target_column="en") == [("a", "b")]
    given("")
    with pytest.raises(InputError, match=r"^standard input: is empty; there is no pair"):
        pairs("-")
    with pytest.raises(UsageError, match="cannot both come from standard input"):
        read_pairs("-", "/dev/stdin")


@pytest.mark.parametrize(
    ("name", "data", "columns", "message"),
    [
        ("f.tsv", "a\tb\nc d\n", {}, ":2: has 1 columns, the first row has 2; is there a tab too few?"),
        ("f.tsv", "a\n", {}, ":1: has one column, not a source, a tab (in CSV a comma) and its translation"),
        ("f.tsv", "a\tb\tc\n", {}, ":1: has 3 columns and no header; say which are which by --source-column"),
        ("f.tsv", "a\tb\tc\n", {"source_column": "1"}, ":1: has 3 columns and no header; say which"),
        ("f.tsv", "de\ten\na\tb\n", {}, ":1: looks like a header; say which are which by --source-column"),
        ("f.tsv", "a\tb\n", {"source_column": "3"}, ":1: there is no column 3 (columns: 2)"),
        ("f.csv", "de,en\na,b\n", {"source_column": "ed"}, ":1: has no field 'ed'"),
        ("f.csv", "de,en\na,b\n", {"source_column": "de"}, ":1: has no field 'target'"),
        ("f.csv", 'a,"b\n', {}, ":1: not valid CSV"),
        ("f.jsonl", '{"source":"a"}\n', {}, ":1: has no field 'target'"),
        ("f.jsonl", '{"source":"a","target":null}\n', {}, ":1: field 'target': holds null, not a string"),
        ("f.jsonl", '{"source":["a"],"target":"b"}\n', {}, ":1: field 'source': holds a value of type list"),
        ("f.jsonl", '{"source":"a","target":"b"}\n[]\n', {}, ":2: must be a JSON object"),
        ("f.tsv", b"a\t\xc4\xe3\n", {}, ":1: not valid UTF-8"),
        ("f.tsv", "", {}, ": is empty; there is no pair of sentences"),
        ("f.parquet", "no", {}, ": not a whole Parquet file"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, name: str, data: bytes | str, columns: dict[str, str], message: str
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(InputError) as raised:
        pairs(path, **columns)
    assert str(raised.value).startswith(f"{path}{message}")
    assert "\n" not in str(raised.value)


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "f.tsv", "a\tb\n")
    with pytest.raises(UsageError, match="by name, where there is a header, or by number"):
        read_pairs(path, source_column="a", target_column="2")
    with pytest.raises(UsageError, match="a source and its target cannot both be in the column 'a'"):
        read_pairs(path, source_column="a", target_column="a")
    for columns in ({"source_column": "target"}, {"target_column": "source"}):
        with pytest.raises(UsageError, match=r"cannot both be in the column '\w+'; name a column for each"):
            read_pairs(path, **columns)
        with pytest.raises(UsageError, match="cannot both be in the column"):
            pairs_of_rows([{"source": "a", "target": "b"}], **columns)
    with pytest.raises(InputError, match=r"none\.en: no such file$"):
        read_pairs(path, tmp_path / "none.en")
    with pytest.raises(UsageError, match="undecodable"):
        read_pairs(path, errors="loose")


def test_undecodable_bytes_are_replaced_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "f.tsv", b"a\t\xffb\n")
    assert pairs(path, errors="replace") == [("a", "\ufffdb")]
