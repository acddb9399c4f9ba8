"""`textkit translate` as a user runs it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LINES = ["der hund sah die katze", "", "eine katze lief", "der kleine hund", "eine katze lief"]
QUICK = ("--max-ratio", 1, "--beam", 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_translator: Any) -> Path:
    path = tmp_path_factory.mktemp("translate")
    make_translator(path / "run")
    make_translator(path / "gru", "gru", seed=2)
    (path / "text").write_text("".join(f"{line}\n" for line in LINES))
    return path


def test_one_line_out_for_each_line_in(folder: Path, textkit) -> None:
    said = textkit("translate", folder / "run", folder / "text", *QUICK)
    assert (said.status, said.err) == (0, "")
    lines = said.out.split("\n")
    assert (len(lines), lines[1], lines[2], lines[-1]) == (6, "", lines[4], "")
    assert textkit("translate", folder / "run", *QUICK, stdin=(folder / "text").read_bytes()) == said
    out = folder / "out.txt.gz"
    assert textkit("translate", folder / "run", folder / "text", *QUICK, "-o", out).out == ""
    assert gzip.decompress(out.read_bytes()).decode() == said.out
    odd = "eine\u2028katze\r\n\r\n\u200b\x85 lief\n"
    assert textkit("translate", folder / "run", *QUICK, stdin=odd).out.count("\n") == 3
    assert textkit("translate", folder / "run", stdin="") == (0, "", "")


def test_lists_of_the_best_and_alignments(folder: Path, textkit) -> None:
    options = (*QUICK, "--n-best", 2, "--alignments", "--min-length", 2)
    said = textkit("translate", folder / "run", folder / "text", *options)
    rows = [line.split("\t") for line in said.out.splitlines()]
    assert " ".join(row[0] + row[1] for row in rows) == "11 12 21 31 32 41 42 51 52"
    assert float(rows[0][2]) >= float(rows[1][2])
    number, _, _, text, alignment = rows[0]
    assert (number, len(alignment.split())) == ("1", len(text.split()))
    said = textkit("translate", folder / "run", folder / "text", *options, "--format", "jsonl")
    jsonl = said.out.splitlines()
    first, empty = json.loads(jsonl[0]), json.loads(jsonl[1])
    assert (first["text"], first["translation"], first["alignment"]) == (LINES[0], text, alignment)
    assert first["source_tokens"] == LINES[0].split()
    assert [each["text"] for each in first["translations"]] == [rows[0][3], rows[1][3]]
    assert (empty["translation"], empty["alignment"], empty["tokens"]) == ("", "", [])


def test_records_come_out_whole(folder: Path, textkit) -> None:
    (folder / "in.csv").write_text('id,text,translation\n7,eine katze,"x, y"\n8,,z\n')
    said = textkit("translate", folder / "run", folder / "in.csv", *QUICK)
    heads, first, second = said.out.splitlines()
    assert heads == "id,text,translation,predicted_translation"
    assert first.startswith('7,eine katze,"x, y",')
    assert second == "8,,z,"
    (folder / "in.jsonl").write_text('{"de": "eine katze", "n": [1]}\n')
    said = textkit("translate", folder / "run", folder / "in.jsonl", *QUICK, "--text-column", "de")
    record = json.loads(said.out)
    assert list(record) == ["de", "n", "translation", "log_prob", "score"]
    out = folder / "out.parquet"
    assert textkit("translate", folder / "run", folder / "in.csv", *QUICK, "-o", out, "-q").status == 0
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(out)
    assert table.column_names == ["id", "text", "translation", "predicted_translation"]
    assert table.column("predicted_translation").to_pylist() == [first.rpartition(",")[2], ""]


def test_probabilities_of_references(folder: Path, textkit) -> None:
    (folder / "reference").write_text("the dog saw\n\na cat\nthe\na cat\n")
    command = ("translate", folder / "run", folder / "text", "--reference", folder / "reference")
    rows = [line.split("\t") for line in textkit(*command).out.splitlines()]
    assert [row[1] for row in rows] == ["4", "1", "3", "2", "3"]
    assert rows[2] == rows[4]
    found = [json.loads(line) for line in textkit(*command, "--format", "jsonl").out.splitlines()]
    assert found[0]["tokens"] == ["the", "dog", "saw"]
    assert sum(found[0]["token_log_probs"]) == pytest.approx(float(rows[0][0]), abs=1e-5)
    for lines, message in (
        ("a\n", "has 5 lines, "),
        ("a\n" * 7, "has 7; line by line"),
    ):
        (folder / "other").write_text(lines)
        said = textkit("translate", folder / "run", folder / "text", "--reference", folder / "other")
        assert said.status == 1
        assert message in said.err
    assert "text or jsonl, not csv" in textkit(*command, "--format", "csv").err
    assert "--reference is for one translator" in textkit(*command, "--ensemble", folder / "gru").err


def test_references_of_records_are_scored_with_their_texts(folder: Path, textkit) -> None:
    (folder / "reference").write_text("the dog saw\n\na cat\nthe\na cat\n")
    options = ("--reference", folder / "reference")
    plain = textkit("translate", folder / "run", folder / "text", *options)
    (folder / "in.tsv").write_text("".join(f"pos\t{line}\n" for line in LINES))
    (folder / "in.csv").write_text("id,text\n" + "".join(f"7,{line}\n" for line in LINES))
    (folder / "in.jsonl").write_text("".join(json.dumps({"de": line}) + "\n" for line in LINES))
    assert plain.status == 0
    assert textkit("translate", folder / "run", folder / "in.tsv", *options) == plain
    assert textkit("translate", folder / "run", folder / "in.csv", *options) == plain
    numbered = ("--text-column", 2, *options)
    assert textkit("translate", folder / "run", *numbered, stdin=(folder / "in.tsv").read_bytes()) == plain
    named = ("--text-column", "de", *options)
    assert textkit("translate", folder / "run", folder / "in.jsonl", *named) == plain


def test_pictures_ensembles_and_sampling(folder: Path, textkit) -> None:
    command = ("translate", folder / "run", folder / "text", *QUICK)
    said = textkit(*command, "--attention", folder / "pictures", "--ensemble", folder / "gru")
    assert (said.status, said.err) == (0, "")
    assert {path.name for path in (folder / "pictures").iterdir()} == {f"line-{n}.png" for n in (1, 3, 4, 5)}
    assert "already exists" in textkit(*command, "--attention", folder / "pictures").err
    drawn = textkit("translate", folder / "run", folder / "text", "--sample", "--seed", 4, "--max-ratio", 1)
    assert drawn.out.count("\n") == 5
    (folder / "long").write_text("katze " * 300 + "\n")
    warned = textkit("translate", folder / "run", folder / "long", "--max-ratio", 0.01, "--beam", 1)
    assert warned.err.count("\n") == 1
    assert "long:1: has 300 tokens, no sentence of the training had more than 250" in warned.err


def test_what_is_refused(folder: Path, textkit) -> None:
    def refused(*arguments: object, status: int = 1) -> str:
        said = textkit("translate", *arguments)
        assert (said.status, said.out, said.err.count("\n")) == (status, "", 1), said.err
        return said.err

    run, text, table = folder / "run", folder / "text", folder / "lines.csv"
    table.write_text("text,translation\na,b\n")
    assert "not a textkit run: no such folder" in refused(folder / "none", text)
    assert "no such file" in refused(run, folder / "none")
    assert "would replace the input" in refused(run, text, "-o", text, status=2)
    assert "a beam of 5 gives 5" in refused(run, text, "--n-best", 6, status=2)
    assert "for --n-best write text or jsonl" in refused(
        run, text, "--n-best", 2, "--format", "csv", status=2
    )
    assert "--format parquet and --output" in refused(run, text, "--format", "parquet", status=2)
    assert "unknown precision 'fp8'" in refused(run, text, "--precision", "fp8", status=2)
    assert "go with drawn translations" in refused(run, text, "--top-k", 3, status=2)
    assert "standard input can be read once only" in refused(run, "--reference", "-", status=2)
    for option, *value in (
        ("--n-best", 2), ("--sample",), ("--prefix", "the"), ("--alignments",), ("--max-ratio", 1),
        ("--attention", folder / "drawn"), ("--precision", "bf16"),
    ):  # fmt: skip
        said = refused(run, text, "--reference", text, option, *value, status=2)
        assert "--reference does not translate: leave out" in said
        assert option in said
    assert not (folder / "drawn").exists()
    assert "name one by --lm" in refused(run, text, "--lm-weight", 0.5, status=2)
    assert "leave it out of a sample" in refused(run, text, "--sample", "--coverage-penalty", 1, status=2)
    assert "leave out beam, length penalty" in refused(run, text, "--sample", "--beam", 3, status=2)
    assert "is read as lines" in refused(run, text, "--reference", table, status=2)
    assert "is at most 1,000, not 1e+308" in refused(run, text, "--max-ratio", "1e308", status=2)
    (folder / "empty").write_text("")
    assert "is empty; there is no text to translate" in refused(run, folder / "empty")
    (folder / "nul").write_bytes(b"eine\0katze\n")
    assert "nul:1: holds a NUL" in refused(run, folder / "nul")


@pytest.mark.skipif(os.name != "posix", reason="whether a pipe holds a line can be asked on POSIX only")
def test_an_answer_comes_while_the_writer_waits_and_no_reader_is_no_error(folder: Path) -> None:
    command = [sys.executable, "-m", "textkit_cli", "translate", str(folder / "run"), "--beam", "1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(2):
            process.stdin.write("eine katze\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith("\n")
        process.stdout.close()
        process.stdin.write("eine katze\n")
        process.stdin.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141
