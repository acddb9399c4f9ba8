"""Whole records beside their texts, against the readers of texts, on odd files."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError, TextkitError, UsageError
from textkit_corpora import record_files
from textkit_corpora.parquet import write_parquet
from textkit_corpora.readers import read_lines
from textkit_corpora.record_files import RecordFiles
from textkit_corpora.records import RecordBlock, arrow_stream

TEXTS = ["plain", "two\nlines", "\n\n", "", 'quote " and, comma', "中文\r\nen", "\ttab"]


def read(path: Path | str, **options: object) -> tuple[object, list[RecordBlock]]:
    with RecordFiles.of([str(path)], **options) as files:  # type: ignore[arg-type]
        return files.head(), list(files.blocks())


def texts(blocks: list[RecordBlock]) -> list[str]:
    """The lines of each record, joined by a space."""
    found = []
    for block in blocks:
        lines = block.lines.strings()[0]
        ends = [*(block.begins or range(len(lines))), len(lines)]
        found += [" ".join(lines[a:b]) for a, b in pairwise(ends)]
    return found


def everything(blocks: list[RecordBlock]) -> bytes:
    return b"".join(block.select([True] * len(block)) for block in blocks)


def squeezed(text: str) -> str:
    """As the lines of a record are: without the blank ones."""
    return " ".join(line.removesuffix("\r") for line in text.split("\n") if line.strip())


def test_json_lines_pass_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    lines = [json.dumps({"n": i, "text": text}, indent=None) for i, text in enumerate(TEXTS)]
    lines[1] = lines[1].replace(": ", " :   ")  # unusual spacing stays
    path.write_text("\ufeff" + "\r\n\n".join(lines))
    _, blocks = read(path)
    assert texts(blocks) == [squeezed(text) for text in TEXTS]
    assert everything(blocks).decode() == "\r\n".join(lines) + "\n"


@pytest.mark.parametrize("field", ["text", "2"])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_rows_of_tables_pass_byte_for_byte(kind: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / f"f.{kind}"
    buffer = io.StringIO()
    if kind == "csv":
        writer = csv.writer(buffer)
        values = TEXTS
    else:
        writer = csv.writer(buffer, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
        values = ["plain", "", '"open', "中文"]
    rows = list(enumerate(values))
    if field == "text":
        writer.writerow(["n", "text"])
    writer.writerows(rows)
    data = buffer.getvalue().encode()
    path.write_bytes(b"\r\n\n" + data + b"\n\n" if kind == "csv" else data)
    head, blocks = read(path, field=field)
    assert texts(blocks) == [squeezed(value) for value in values]
    assert isinstance(head, bytes)
    assert (head + everything(blocks)).strip() == data.strip()
    assert bool(head) == (field == "text")
    keep = [n == 1 for n in range(len(values))]
    out = tmp_path / f"g.{kind}"
    out.write_bytes(head + b"".join(block.select(keep) for block in blocks))
    assert list(read_lines(out, field=field)) == [values[1].replace("\n", " ")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from('ab,"\n\r中'), max_size=8), min_size=1, max_size=5))
def test_any_csv_comes_apart_and_together(values: list[str]) -> None:
    import tempfile

    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["te\nxt", "other"])
    writer.writerows([value, "x"] for value in values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.csv")
        path.write_bytes(buffer.getvalue().encode())
        head, blocks = read(path, field="te\nxt")
    assert isinstance(head, bytes)
    assert (head + everything(blocks)).decode() == buffer.getvalue()
    assert len(texts(blocks)) == len(values)


def test_text_passes_byte_for_byte_and_the_last_line_gets_its_end(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\nlast")
    _, blocks = read(path)
    assert everything(blocks) == b"one\r\ntwo\n\nlast\n"
    assert texts(blocks) == ["one", "two", "", "last"]


def test_parquet_keeps_columns_types_and_order(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table(
        {
            "label": pyarrow.array(["x", "y", None] * 1000).dictionary_encode(),
            "text": pyarrow.array([f"line {i}\nmore" for i in range(3000)], pyarrow.large_string()),
            "nested": [[{"a": i}] for i in range(3000)],
        }
    ).replace_schema_metadata({"owner": "me"})
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet", row_group_size=700)
    head, blocks = read(tmp_path / "f.parquet")
    assert texts(blocks)[2999] == "line 2999 more"
    streams = tmp_path / "streams"
    keep = [i % 3 == 1 for i in range(3000)]
    with streams.open("wb") as file:
        file.write(arrow_stream(head))
        at = 0
        for block in blocks:
            file.write(block.select(keep[at : at + len(block)]))
            at += len(block)
    write_parquet(streams, tmp_path / "g.parquet")
    result = pyarrow.parquet.read_table(tmp_path / "g.parquet")
    assert result.to_pylist() == table.filter(pyarrow.array(keep)).to_pylist()
    assert result.schema.equals(pyarrow.parquet.read_schema(tmp_path / "f.parquet"), check_metadata=True)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("f.jsonl", b'{"text": "a"}\n{"text": 3}\n', "f.jsonl:2: field 'text': holds a value of type int"),
        ("f.jsonl", b'{"txt": "a"}\n', "f.jsonl:1: has no field 'text'; did you mean"),
        ("f.jsonl", b'{"text": "a"}\n{"te', "f.jsonl:2: not valid JSON"),
        ("f.jsonl", b"", "f.jsonl: is empty; there is no record to read"),
        ("f.jsonl", b'{"text": "a\\nb\\ud800"}\n', "f.jsonl:1: field 'text': holds half a character"),
        ("f.csv", b'a,text\n1,"open\n', "f.csv:2: not valid CSV"),
        ("f.csv", b"a,text\n1,2,3\n", "f.csv:2: the number of columns is 3, the header has 2"),
        ("f.parquet", b"PAR1 no", "f.parquet: not a whole Parquet file"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as error:
        read(tmp_path / name, field="text")
    assert str(error.value).startswith(f"{tmp_path}/{message}")


def test_places_name_the_record(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{"text": "a\\nb\\nc"}\n{"text": "d"}\n')
    _, [block] = read(tmp_path / "f.jsonl")
    assert [block.lines.place(i) for i in range(4)] == [
        f"{tmp_path}/f.jsonl: record {n}" for n in (1, 1, 1, 2)
    ]


def test_files_must_go_together(tmp_path: Path) -> None:
    for name, text in {
        "a.csv": "n,text\n1,a\n",
        "b.csv": "m,text\n1,b\n",
        "c.jsonl": '{"text": ""}\n',
    }.items():
        (tmp_path / name).write_text(text)
    a, b, c = (str(tmp_path / name) for name in ("a.csv", "b.csv", "c.jsonl"))
    with RecordFiles.of([a, b], field="text") as files, pytest.raises(InputError, match="has other columns"):
        files.head()
    with (
        pytest.raises(UsageError, match=r"c\.jsonl: holds jsonl and .*a\.csv csv"),
        RecordFiles.of([a, c], field="n"),
    ):
        pass
    with pytest.raises(UsageError, match=r"a\.csv: say which column"), RecordFiles.of([a]):
        pass
    with RecordFiles.of([a, a], field="text") as files:
        assert files.head() == b"n,text\n"
        assert everything(list(files.blocks())) == b"1,a\n1,a\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"text": "a"}\n{"text": "b"}\n',))
    writer.start()
    with RecordFiles.of([str(pipe)], twice=True) as files:
        assert texts(list(files.blocks())) == texts(list(files.blocks())) == ["a", "b"]
    writer.join()


def test_a_full_disk_is_named_with_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(record_files.tempfile, "TemporaryFile", lambda **_: Full())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    expected = (
        "cannot hold a copy of standard input, which is read twice: no space left on device; name a file"
    )
    with pytest.raises(TextkitError, match=expected), RecordFiles.of(["-"], twice=True):
        pass
