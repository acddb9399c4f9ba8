"""Reading records: JSON lines, CSV, TSV and Parquet, as lines and as rows."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit_corpora import jsonlines
from textkit_corpora.compression import reading
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import encode_rows, read_rows

ODD = "one\u2028still\u2029one\x85and\x0bmore\x0cof\x1cit\rhere"


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"text": f"a\r\nb\nc {ODD}", "n": 1}, {"text": "", "body": "x"}]
    data = "\n\n".join(json.dumps(row) for row in rows)
    path = write(tmp_path, "f.jsonl.gz", gzip.compress(data.encode()))
    assert list(read_lines(path)) == [f"a b c {ODD}", ""]
    assert list(read_rows(path, columns=["text"])) == rows


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a"', "not valid JSON (Expecting ',' delimiter at column 13)"),
        ('["a"]', "must be a JSON object, one a line, not list"),
        ('{"txt": "a"}', "has no field 'text'; did you mean 'txt'? (fields: txt)"),
        ('{"text": 3}', "field 'text': holds a value of type int, not a string"),
        ('{"text": null}', "field 'text': holds null, not a string"),
        (
            '{"text": "a\\u0000"}',
            "field 'text': holds a NUL, so it is no text file; convert it or pass --errors replace",
        ),
        (
            '{"text": "\\ud83d"}',
            "field 'text': holds half a character (a lone surrogate); pass --errors replace",
        ),
    ],
)
def test_bad_json_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path, "f.jsonl", '{"text": "fine"}\n\n' + row + "\n")
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert str(caught.value).removeprefix(f"{path}:3: ") == message


def test_the_limit_of_a_field_fits_the_c_long_of_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "f.csv", f"text\n{'a' * 200_000}\n")
    limits = []
    with monkeypatch.context() as patch:
        patch.setattr(csv, "field_size_limit", limits.append)
        list(read_rows(write(tmp_path, "g.csv", "text\na\n")))
    assert 200_000 < max(limits) <= 2**31 - 1
    assert [len(row["text"]) for row in read_rows(path)] == [200_000]


@given(
    values=st.lists(st.text(st.sampled_from("ab \n\r\u2028\0中😀\ud83d")), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    odd=st.sampled_from(["", "[1]\n", "{\n", '{"text": 1}\n', "\x85\n", '{"a": 1}, {"b": 2}\n']),
    escaped=st.booleans(),
)
def test_many_json_lines_at_once_are_read_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], end: str, odd: str, escaped: bool
) -> None:
    rows = [json.dumps({"n": 1, "text": value}, ensure_ascii=escaped) + end for value in values]
    data = "".join([*rows, odd, *rows]).encode("utf-8", "surrogatepass")
    path = write(tmp_path_factory.getbasetemp(), "many.jsonl", data)

    def read(size: int) -> list[str]:
        with pytest.MonkeyPatch.context() as patch, reading(path) as source:
            patch.setattr(jsonlines, "BATCH", size)
            return list(map(str, jsonlines.json_texts(source, field="text", errors="strict")))

    assert read(1 << 16) == read(1)
    if not odd and not set("\0\ud83d") & set("".join(values)):
        assert read(50) == [value.replace("\r\n", "\n").replace("\n", " ") for value in values * 2]


def test_json_beyond_reading(tmp_path: Path) -> None:
    for row in ("[" * 100_000, '{"text": ' + "9" * 5000 + "}"):
        with pytest.raises(InputError, match=r"f.jsonl:1: not JSON that can be read"):
            list(read_lines(write(tmp_path, "f.jsonl", row)))


def test_lone_surrogates_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, "f.jsonl", r'{"text": "a\ud83d\ude00b\ud83d\u0000"}')
    assert list(read_lines(path, errors="replace")) == ["a😀b\ufffd\ufffd"]
    assert list(read_lines(path, errors="ignore")) == ["a😀b"]


def test_csv_by_name_and_number(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", 'label,text\r\n1,"a ""b"", c\r\nd"\r\n\r\n0,e\r\n')
    assert list(read_lines(path, field="text")) == ['a "b", c d', "e"]
    assert list(read_lines(path, field="2")) == ["text", 'a "b", c d', "e"]
    assert list(read_lines(path)) == ["label,text", '1,"a ""b"", c', 'd"', "", "0,e"]
    assert list(read_rows(path)) == [{"label": "1", "text": 'a "b", c\nd'}, {"label": "0", "text": "e"}]
    big = write(tmp_path, "big.csv", "text\n" + "x" * 10_000_000 + "\n")
    assert [len(line) for line in read_lines(big, field="text")] == [10_000_000]


def test_tsv_has_no_quoting(tmp_path: Path) -> None:
    path = write(tmp_path, "f.tsv.bz2", bz2.compress(b'1\t"never closed\n0\tb "c"\n'))
    assert list(read_lines(path, field="2")) == ['"never closed', 'b "c"']
    assert list(read_lines(path)) == ['1\t"never closed', '0\tb "c"']


@pytest.mark.parametrize(
    ("name", "data", "field", "message"),
    [
        ("f.csv", "label,text\n", "text", ": is empty; there is no line to read"),
        ("f.csv", "label,text\n1,a\n2\n", "text", ":3: the number of columns is 1, the header has 2"),
        ("f.csv", "label,text\n1,a,b\n", "text", ":2: the number of columns is 3, the header has 2"),
        (
            "f.csv",
            "label,text\n1,a\n",
            "txet",
            ":2: has no field 'txet'; did you mean 'text'? (fields: label, text)",
        ),
        ("f.csv", "a,a\n1,2\n", "a", ":1: two columns share a name; rename one (columns: a, a)"),
        ("f.csv", 'text\n"a\nb\n', "text", ":3: not valid CSV (unexpected end of data)"),
        (
            "f.tsv",
            "1\ta\rb\n",
            "2",
            ":1: not valid TSV (a carriage return within a line; make it a space, or end lines with \\n)",
        ),
        ("f.tsv", "a\tb\nc\n", "2", ":2: there is no column 2 (columns: 1)"),
        ("f.tsv", "a\n", "0", ": columns are numbered from 1, not 0"),
    ],
)
def test_bad_tables_are_named(tmp_path: Path, name: str, data: str, field: str, message: str) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises((InputError, UsageError)) as caught:
        list(read_lines(path, field=field))
    assert str(caught.value) == f"{path}{message}"


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    texts = [f"line\n{i}" for i in range(3000)]
    pyarrow.parquet.write_table(pyarrow.table({"text": texts, "n": range(3000)}), path, row_group_size=700)
    assert list(read_lines(path)) == [text.replace("\n", " ") for text in texts]
    assert list(read_rows(path))[1] == {"text": "line\n1", "n": 1}
    with pytest.raises(
        InputError, match=r"f.parquet: has no field 'txt'; did you mean 'text'\? \(fields: text, n\)$"
    ):
        list(read_lines(path, field="txt"))
    with pytest.raises(
        InputError, match=r"f.parquet: row 1: field 'n': holds a value of type int, not a string$"
    ):
        list(read_lines(path, field="n"))
    cut = write(tmp_path, "cut.parquet", path.read_bytes()[:-10])
    with pytest.raises(
        InputError, match=r"cut.parquet: not a whole Parquet file \(Parquet magic bytes not found"
    ):
        list(read_lines(cut))
    with pytest.raises(InputError, match=r"empty.parquet: (is empty|not a whole Parquet file)"):
        list(read_lines(write(tmp_path, "empty.parquet", b"")))
    with pytest.raises(UsageError, match=r"Parquet packs itself"):
        list(read_lines(write(tmp_path, "f.parquet.gz", b"x")))


@pytest.mark.parametrize("told", [0, 76, 78])
def test_a_footer_that_miscounts_is_said_to(tmp_path: Path, told: int) -> None:
    table = pyarrow.table({"text": ["a"] * 77})
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    data = (tmp_path / "f.parquet").read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    count = data.index(b"\x9a\x01", footer)  # 77 as a zigzag number of seven bits a byte
    write(tmp_path, "f.parquet", data[:count] + bytes((2 * told % 128 + 128, told >> 6)) + data[count + 2 :])
    message = rf"f.parquet: not a whole Parquet file \(of {told} rows there are 77\)$"
    for read in (read_rows, read_lines):
        with pytest.raises(InputError, match=message):
            list(read(tmp_path / "f.parquet"))


def test_rows_need_a_table_and_their_columns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"f.txt: is no table; name a .csv, .tsv, .jsonl or .parquet file$"):
        read_rows(write(tmp_path, "f.txt", "a"))
    path = write(tmp_path, "f.tsv", "label\ttext\n1\ta\n")
    with pytest.raises(InputError, match=r"f.tsv:2: has no field 'lable'; did you mean 'label'\?"):
        list(read_rows(path, columns=["lable"]))
    with pytest.raises(InputError, match=r"g.tsv: is empty; there is no record to read$"):
        list(read_rows(write(tmp_path, "g.tsv", "label\ttext\n")))


@given(st.lists(st.lists(st.text(st.sampled_from('ab,"\t\n 中;'), max_size=6), min_size=2, max_size=2)))
def test_encoded_csv_is_what_the_csv_module_reads(rows: list[list[str]]) -> None:
    text = encode_rows("csv", rows).decode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == rows
    assert encode_rows("csv", [["", ""], ["a", "b c"]]) == b",\na,b c\n"  # no quotes without need


def test_encoded_rows_are_read_again(tmp_path: Path) -> None:
    values = ["a", "", 'say "x", y', "two\nlines", "tab\there", "cr\rhere", " 中"]
    path = tmp_path / "f.csv"
    path.write_bytes(encode_rows("csv", [["text"], *([value] for value in values)]))
    assert [row["text"] for row in read_rows(path)] == values
    path = tmp_path / "f.tsv"
    path.write_bytes(encode_rows("tsv", [["n", "text"], *(["1", value] for value in values)]))
    plain = [value.replace("\n", " ").replace("\t", " ").replace("\r", " ") for value in values]
    assert [row["text"] for row in read_rows(path)] == plain
    assert encode_rows("tsv", []) == b""
