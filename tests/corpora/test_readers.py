"""Reading lines and rows: what a line is, every kind of file, and a message for everything bad."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import read_rows

ODD = "one\u2028still\u2029one\x85and\x0bmore\x0cof\x1cit\rhere"


def zstd(data: bytes) -> bytes:
    return pyarrow.compress(data, codec="zstd", asbytes=True)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


# What a line is


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("\n", [""]),
        ("a\n\n", ["a", ""]),
        ("\r\n", [""]),
        ("a\r\r\nb\r", ["a\r", "b\r"]),
        (ODD + "\n" + ODD, [ODD, ODD]),
        ("\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]),
        ("\ufeff\na\n", ["", "a"]),
    ],
)
def test_a_line_ends_at_newline_and_nowhere_else(tmp_path: Path, data: str, lines: list[str]) -> None:
    assert list(read_lines(write(tmp_path, "f.txt", data))) == lines


@given(st.text(st.sampled_from("ab \n\r\u2028\x0b\x0c\x85\x1c中😀"), min_size=1))
def test_as_many_lines_as_splitting_gives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write(tmp_path_factory.getbasetemp(), "g.txt", text)
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    ended = len(expected) if text.endswith("\n") else len(expected) - 1
    expected = [line.removesuffix("\r") if number < ended else line for number, line in enumerate(expected)]
    assert list(read_lines(path)) == expected


@pytest.mark.parametrize("suffix", PACK)
def test_packed_by_suffix(tmp_path: Path, suffix: str) -> None:
    lines = [f"行 {i} {ODD}" for i in range(5000)]
    path = write(tmp_path, f"f.txt{suffix}", PACK[suffix]("\n".join(lines).encode()))
    assert list(read_lines(path)) == lines
    twice = write(tmp_path, f"t.TXT{suffix.upper()}", PACK[suffix](b"a\n") + PACK[suffix](b"b\n"))
    assert list(read_lines(twice)) == ["a", "b"]  # members after one another, as cat makes them


@pytest.mark.parametrize("suffix", [s for s in PACK if s])
def test_packed_data_cut_short_or_damaged(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(1)
    whole = PACK[suffix](bytes(rng.choices(b"abcdefgh \n", k=100_000)))
    for size in (10, len(whole) // 2, len(whole) - 3):
        path = write(tmp_path, f"cut.txt{suffix}", whole[:size])
        with pytest.raises(InputError, match=rf"cut.txt{suffix}: is cut short: its packed data has no end"):
            list(read_lines(path))
    path = write(tmp_path, f"bad.txt{suffix}", b"no such thing" * 20)
    with pytest.raises(InputError, match=rf"bad.txt{suffix}: (cannot be read: |is damaged, or not)"):
        list(read_lines(path))


def test_standard_input(stdin: Callable[[bytes], None]) -> None:
    for name in (None, "-"):
        stdin("\ufeffa\r\n中".encode())
        assert list(read_lines(name)) == ["a", "中"]
    stdin(b"")
    assert list(read_lines("-")) == []
    stdin(b'{"body": "a\\nb"}\n{"body": ""}\n')
    assert list(read_lines("-", field="body")) == ["a b", ""]
    stdin(b"a\n\xff\n")
    with pytest.raises(InputError, match=r"^standard input:2: not valid UTF-8 \(byte 0xff at column 1\)"):
        list(read_lines(None))


def test_a_long_line_and_constant_memory(tmp_path: Path) -> None:
    long = "中" * (10_000_000 // 3)
    assert list(read_lines(write(tmp_path, "f.txt", f"a\n{long}\nb"))) == ["a", long, "b"]
    path = write(tmp_path, "many.txt.gz", gzip.compress(b"a line of text\n" * 1_000_000))
    tracemalloc.start()
    assert sum(1 for _ in read_lines(path)) == 1_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


# What is wrong with a file of text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f.txt: is empty; there is no line to read"),
        (b"\xef\xbb\xbf", "f.txt: is empty; there is no line to read"),
        (
            "a\n中文".encode() + b"\xff\n",
            "f.txt:2: not valid UTF-8 (byte 0xff at column 3); pass --errors replace or convert the file",
        ),
        (
            "中".encode("gbk") + b"\n",
            "f.txt:1: not valid UTF-8 (byte 0xd6 at column 1); pass --errors replace or convert the file",
        ),
        ("a".encode("utf-16"), "f.txt: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"),
        (
            b"a\nb\0c\n",
            "f.txt:2: holds a NUL, so it is no text file; convert it or pass --errors replace",
        ),
    ],
)
def test_bad_text_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines(write(tmp_path, "f.txt", data)))
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_bad_bytes_replaced_or_ignored(tmp_path: Path) -> None:
    path = write(tmp_path, "f.txt", b"a\xffb\0c\n\xe4\xb8\n")
    assert list(read_lines(path, errors="replace")) == ["a\ufffdb\ufffdc", "\ufffd"]
    assert list(read_lines(path, errors="ignore")) == ["abc", ""]
    with pytest.raises(UsageError, match="did you mean 'ignore'"):
        read_lines(path, errors="ignor")


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.txt: no such file$"):
        read_lines(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r": is a folder; name the files in it$"):
        read_lines(tmp_path)
    file = write(tmp_path, "f.txt", "a")
    with pytest.raises(InputError, match=r"f.txt/g.txt: cannot be read: not a directory$"):
        read_lines(file / "g.txt")
    with pytest.raises(InputError, match=r"cannot be read: embedded null byte$"):
        read_lines("a\0b")
    with pytest.raises(
        UsageError, match=r"f.txt: a field can be named in .jsonl, .csv, .tsv and .parquet files only$"
    ):
        read_lines(file, field="text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path, "f.txt", "a")
    path.chmod(0)
    with pytest.raises(InputError, match=r"f.txt: cannot be read: permission denied$"):
        list(read_lines(path))


# Records


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


def test_rows_need_a_table_and_their_columns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"f.txt: is no table; name a .csv, .tsv, .jsonl or .parquet file$"):
        read_rows(write(tmp_path, "f.txt", "a"))
    path = write(tmp_path, "f.tsv", "label\ttext\n1\ta\n")
    with pytest.raises(InputError, match=r"f.tsv:2: has no field 'lable'; did you mean 'label'\?"):
        list(read_rows(path, columns=["lable"]))
    with pytest.raises(InputError, match=r"g.tsv: is empty; there is no record to read$"):
        list(read_rows(write(tmp_path, "g.tsv", "label\ttext\n")))


# Through the datasets library


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("offline")
def test_datasets_reads_local_files(tmp_path: Path) -> None:
    from textkit_corpora.hub import from_datasets

    text = write(tmp_path, "f.txt", "a\n中\u2028b\n")
    assert [row["text"] for row in from_datasets(text)] == list(read_lines(text))
    for name, data in {
        "f.jsonl": '{"text": "a", "n": 1}\n{"text": "b", "n": 2}\n',
        "f.csv": 'text,n\n"a, b",1\nb,2\n',
        "f.tsv": 'text\tn\n"a\t1\nb\t2\n',
    }.items():
        path = write(tmp_path, name, data)
        rows = [{"text": row["text"], "n": int(row["n"])} for row in read_rows(path)]
        assert list(from_datasets(str(path))) == rows
    assert len(list(from_datasets([text, text]))) == 4
    with pytest.raises(InputError, match=r"none.txt: no such file$"):
        from_datasets("none.txt")


@pytest.mark.usefixtures("offline")
def test_datasets_offline_says_so_in_one_line() -> None:
    from textkit_corpora.hub import from_datasets

    with pytest.raises(InputError, match=r"^nobody/nothing: cannot be loaded: ") as caught:
        list(from_datasets("nobody/nothing", revision="abc"))
    assert "\n" not in str(caught.value)
