"""Records that cannot be read: with skip they stand empty, are named, and the next one follows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from textkit.errors import InputError
from textkit_corpora.blocks import Block, read_blocks

UTF8 = "not valid UTF-8 (byte 0xff at column {}); pass --errors replace or convert the file"
NUL = "holds a NUL, so it is no text file; convert it or pass --errors replace"


def read(path: Path, *, field: str | None = "text", skip: bool = True, errors: str = "strict") -> list[Block]:
    return list(read_blocks([str(path)], field=field, errors=errors, skip=skip, size=8))


def texts(blocks: list[Block]) -> list[str]:
    return [text for block in blocks for text in block.strings(skip=True)[0]]


def check(path: Path, expected: list[str], faults: list[str], *, field: str = "text") -> None:
    """Skipping gives `expected` and names `faults`; the first fault is what is raised otherwise."""
    blocks = read(path, field=field)
    assert texts(blocks) == expected
    assert [fault for block in blocks for fault in block.faults] == [f"{path}{fault}" for fault in faults]
    assert [block.first for block in blocks] == [
        1 + sum(map(len, blocks[:index])) for index in range(len(blocks))
    ]
    with pytest.raises(InputError) as caught:
        read(path, field=field, skip=False)
    assert str(caught.value) == f"{path}{faults[0]}"


def test_json_lines(tmp_path: Path) -> None:
    rows: list[tuple[bytes, str]] = [
        (b'{"text": "a"', ": not valid JSON (Expecting ',' delimiter at column 13)"),
        (b'{"text": "\xff"}', ": " + UTF8.format(11)),
        (b'["a"]', ": must be a JSON object, one a line, not list"),
        (b'{"txt": "a"}', ": has no field 'text'; did you mean 'txt'? (fields: txt)"),
        (b'{"text": 3}', ": field 'text': holds a value of type int, not a string"),
        (b'{"text": null}', ": field 'text': holds null, not a string"),
        (b'{"text": "\\u0000"}', f": field 'text': {NUL}"),
        (b'{"text": "a\0"}', f": {NUL}"),
        (
            b'{"text": "\\ud83d"}',
            ": field 'text': holds half a character (a lone surrogate); pass --errors replace",
        ),
    ]
    path = tmp_path / "f.jsonl"
    fine = b'{"text": "fine"}\n\n'
    path.write_bytes(b"".join(fine + row + b"\n" for row, _ in rows) + fine)
    faults = [f":{3 * number}{message}" for number, (_, message) in enumerate(rows, 1)]
    check(path, ["fine", ""] * len(rows) + ["fine"], faults)


def test_json_beyond_reading(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"text": ' + "9" * 5000 + '}\n{"text": "fine"}\n')
    (block,) = read(path)
    assert block.text == ["", "fine"]
    assert block.faults[0].startswith(f"{path}:1: not JSON that can be read (")


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(
        b'label,text\n1,fine\n2\n3,x,y\n4,"bad \xff\nin a long one"\n5,\xff\n'
        b'6,"a"b\n7,"fine\ntoo"\n8,n\0l\n9,last\n'
    )
    faults = [
        ":3: the number of columns is 1, the header has 2",
        ":4: the number of columns is 3, the header has 2",
        ":5: " + UTF8.format(8),
        ":7: " + UTF8.format(3),
        ":8: not valid CSV (',' expected after '\"')",
        f":11: {NUL}",
    ]
    check(path, ["fine", "", "", "", "", "", "fine too", "", "last"], faults)


def test_tsv_by_number(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_bytes(b'a\t"b\nc\n\xff\td\ne\tf\n')
    faults = [":2: there is no column 2 (columns: 1)", ":3: " + UTF8.format(1)]
    check(path, ['"b', "", "", "f"], faults, field="2")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    values = [b"fine", b"\xff", b"a\0", None, b"last\nline"]
    column = pyarrow.array(values, pyarrow.binary()).cast(pyarrow.string(), safe=False).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"text": column}), path)
    faults = [
        ": row 2: not valid UTF-8 (invalid start byte)",
        f": row 3: field 'text': {NUL}",
        ": row 4: field 'text': holds null, not a string",
    ]
    check(path, ["fine", "", "", "", "last line"], faults)
    assert read(path)[-1].read == path.stat().st_size
    assert read(path)[-1].place(0) == f"{path}: record 5"


def test_plain_text_is_skipped_when_decoded(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"one line\ntwo \xff\nthree\n\0\nfive")
    blocks = read(path, field=None)
    assert texts(blocks) == ["one line", "", "three", "", "five"]
    faults = [fault for block in blocks for fault in block.strings(skip=True)[1]]
    assert faults == [f"{path}:2: {UTF8.format(5)}", f"{path}:4: {NUL}"]


def test_replacing_leaves_nothing_to_skip(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"text\na\xff\n")
    assert read(path, errors="replace") == [Block(str(path), 1, ["a\ufffd"], path.stat().st_size)]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("f.csv", b'text\nfine\n"never closed\nand more\n', ":4: not valid CSV (unexpected end of data)"),
        ("f.csv", b"txt\nfine\n", ":2: has no field 'text'; did you mean 'txt'? (fields: txt)"),
        ("f.csv", b"te\xff\nfine\n", ":1: " + UTF8.format(3)),
        ("f.csv", b"a,a\n1,2\n", ":1: two columns share a name; rename one (columns: a, a)"),
        (
            "f.jsonl.gz",
            gzip.compress(mtime=0, data=b'{"text": "x"}\n' * 9)[:-3],
            ": is cut short: its packed data has no end; copy or make it again",
        ),
        (
            "f.parquet",
            b"PAR1",
            ": not a whole Parquet file (Parquet file size is 4 bytes, smaller than the minimum",
        ),
    ],
)
def test_what_leaves_no_next_record_is_an_error(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}{message}")
