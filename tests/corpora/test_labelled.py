"""Labelled texts out of files of every kind, and what is said of those that are none."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from textkit.errors import InputError, UsageError
from textkit_corpora.encodings import foreign_encoding, guessed
from textkit_corpora.labelled import read_labelled, read_texts

PAIRS = [("很好，下次还来", "1"), ("", "0"), ('a "b"\tc, d', "0")]


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def pairs(path: Path, **columns: str) -> list[tuple[str, str]]:
    return [(record.text, record.label) for record in read_labelled(path, **columns)]


def test_a_tsv_without_a_header_is_label_then_text(tmp_path: Path) -> None:
    path = write(tmp_path, "f.tsv", '1\t很好，下次还来\n0\t\n 0 \ta "b", d\n')
    assert pairs(path) == [("很好，下次还来", "1"), ("", "0"), ('a "b", d', "0")]
    assert [record.where for record in read_labelled(path)] == [f"{path}:{n}" for n in (1, 2, 3)]
    packed = write(tmp_path, "f.tsv.gz", gzip.compress(path.read_bytes()))
    assert pairs(packed) == pairs(path)
    assert pairs(write(tmp_path, "f.data", path.read_bytes())) == pairs(path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("f.csv", 'id,Text,Label\n1,很好，下次还来,1\n2,,0\n3,"a ""b""\tc, d",0\n'),
        ("f.csv", '1,很好，下次还来\n0,\n0,"a ""b""\tc, d"\n'),
        ("f.jsonl", "".join(json.dumps({"label": int(label), "text": text}) + "\n" for text, label in PAIRS)),
    ],
)
def test_a_header_or_fields_name_the_columns(tmp_path: Path, name: str, data: str) -> None:
    assert pairs(write(tmp_path, name, data)) == PAIRS


def test_columns_by_name_and_by_number(tmp_path: Path) -> None:
    named = write(tmp_path, "f.csv", "stars,review,user\n5,好,a\n1,差,b\n")
    assert pairs(named, text_column="review", label_column="stars") == [("好", "5"), ("差", "1")]
    numbered = write(tmp_path, "g.tsv", "a\t好\t5\nb\t差\t1\n")
    assert pairs(numbered, text_column="2", label_column="3") == [("好", "5"), ("差", "1")]
    two = write(tmp_path, "h.tsv", "好\t5\n")
    assert pairs(two, text_column="1") == pairs(two, label_column="2") == [("好", "5")]


def test_parquet_and_labels_of_other_types(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    labels = pyarrow.array([1, 0], pyarrow.int8())
    pyarrow.parquet.write_table(pyarrow.table({"text": ["好\n的", "差"], "label": labels}), path)
    assert pairs(path) == [("好 的", "1"), ("差", "0")]
    odd = write(tmp_path, "f.jsonl", '{"text":"a","label":true}\n{"text":"b","label":2.0}\n')
    assert pairs(odd) == [("a", "true"), ("b", "2")]


def test_standard_input_is_tsv_or_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: str, **columns: str) -> list[tuple[str, str]]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
        return [record[:2] for record in read_labelled("-", **columns)]

    assert read("1\t好\n") == [("好", "1")]
    assert read('{"a":"好","label":1}\n', text_column="a") == [("好", "1")]


@pytest.mark.parametrize(
    ("name", "data", "columns", "message"),
    [
        ("f.tsv", "1\ta\n0 b\n", {}, ":2: has 1 columns, the first row has 2; is there a tab too few?"),
        ("f.tsv", "1\ta\n0\tb\tc\n", {}, ":2: has 3 columns, the first row has 2; is there a tab too many?"),
        ("f.tsv", "a\n", {}, ":1: has one column, not a label, a tab (in CSV a comma) and a text"),
        ("f.tsv", "1\ta\tb\n", {}, ":1: has 3 columns and no header with 'text' and 'label'; say which"),
        ("f.csv", "标签,评论\n1,好\n", {}, ":1: looks like a header without 'text' and 'label'; name the"),
        ("f.csv", "评论,stars\n好,1\n", {}, ":1: looks like a header without 'text' and 'label'; name the"),
        ("f.csv", "review,sentiment\na,1\n", {}, ":1: looks like a header without 'text' and 'label'"),
        ("f.tsv", "1\ta\n\tb\n", {}, ":2: has no label; give it one, or leave the record out"),
        ("f.tsv", "1\ta\n", {"text_column": "3"}, ":1: there is no column 3 (columns: 2)"),
        ("f.csv", "text,label\na\n", {}, ":2: the number of columns is 1, the header has 2"),
        ("f.csv", "text,label\na,1\n", {"label_column": "lable"}, ":1: has no field 'lable'; did you mean"),
        ("f.jsonl", '{"text":"a"}\n', {}, ":1: has no field 'label'"),
        ("f.jsonl", '{"text":"a","label":null}\n', {}, ":1: has no label"),
        ("f.jsonl", '{"text":"a","label":[1]}\n', {}, "field 'label': holds a value of type list"),
        ("f.jsonl", '{"text":1,"label":1}\n', {}, ":1: field 'text': holds a value of type int"),
        ("f.tsv", "", {}, ": is empty; there is no labelled text"),
        ("f.tsv", b"1\t\xc4\xe3\n", {}, ":1: not valid UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, name: str, data: bytes | str, columns: dict[str, str], message: str
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(InputError) as raised:
        pairs(path, **columns)
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)


def test_columns_that_contradict_each_other(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "a,b\n1,2\n")
    with pytest.raises(UsageError, match="by name, where there is a header, or by number"):
        pairs(path, text_column="a", label_column="2")
    with pytest.raises(UsageError, match="cannot both be in the column 'a'"):
        pairs(path, text_column="a", label_column="a")


@pytest.mark.parametrize("columns", [{"text_column": "label"}, {"label_column": "text"}])
@pytest.mark.parametrize(
    ("name", "data"), [("f.tsv", "label\ttext\n1\tfine\n"), ("f.jsonl", '{"label": 1, "text": "fine"}\n')]
)
def test_the_column_that_was_not_named_is_another(
    tmp_path: Path, name: str, data: str, columns: dict[str, str]
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(UsageError, match=r"text and its label cannot both be in the column '\w+'; name a"):
        pairs(path, **columns)


def test_texts_alone(tmp_path: Path) -> None:
    assert list(read_texts(write(tmp_path, "f.txt", "a\tb\n\nc\n"))) == ["a\tb", "", "c"]
    assert list(read_texts(write(tmp_path, "f.tsv", "1\ta\n0\tb\n"))) == ["a", "b"]
    assert list(read_texts(write(tmp_path, "f.csv", "id,text\n1,a\n"))) == ["a"]
    assert list(read_texts(write(tmp_path, "f.csv", "a\nb\n"))) == ["a", "b"]
    assert list(read_texts(write(tmp_path, "f.csv", "id,review\n1,a\n"), text_column="review")) == ["a"]
    named = write(tmp_path, "l.tsv", "label\ttext\n1\ta\n")
    assert list(read_texts(named, text_column="label")) == ["1"]
    with pytest.raises(InputError, match="is empty; there is no text"):
        list(read_texts(write(tmp_path, "g.txt", "")))


SIMPLIFIED = "房间很干净，服务员的态度也不错，下次我们还会来的。" * 3
TRADITIONAL = "房間很乾淨，服務員的態度也不錯，下次我們還會來的。" * 3


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (SIMPLIFIED, "utf-8", None),
        (SIMPLIFIED, "gb18030", "GB18030"),
        (TRADITIONAL, "big5", "Big5"),
        ("とてもきれいな部屋でした。また来たいと思います。", "shift_jis", "Shift_JIS"),
        (SIMPLIFIED, "utf-16", "UTF-16"),
        ("the café was naïve, très chère and more plain words", "cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_guessed(tmp_path: Path, text: str, codec: str, expected: str | None) -> None:
    path = write(tmp_path, "f.txt", f"1\t{text}\n".encode(codec))
    assert foreign_encoding(path) == expected


def test_no_encoding_fits_noise() -> None:
    assert guessed(bytes(range(128, 256)) * 4) == "unknown"


@pytest.mark.parametrize("row", ["1\ttext", "0\t内容", "好评\t标签", "review\t这条评论很长"])
def test_records_that_only_mention_a_heading_are_no_header(tmp_path: Path, row: str) -> None:
    (tmp_path / "f.tsv").write_text(f"{row}\n0\ta\n")
    assert next(record[1::-1] for record in read_labelled(tmp_path / "f.tsv")) == tuple(row.split("\t"))
