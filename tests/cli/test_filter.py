"""`textkit filter`: the likeliest records, whole and in order."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.tasks.language_model import LanguageModelConfig, load_model, train
from textkit.tasks.language_model.filtering import best

Textkit = Callable[..., Any]

TRAIN = ["the cat sat on the mat", "a dog sat on a log", "the dog saw the cat", "a cat saw a dog"] * 4
TEXT = [
    "the cat sat",
    "",
    "zebra wombat",
    "a dog saw the cat",
    " ",
    "the dog sat on a zebra",
    "on on on",
    "the cat sat",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm") / "run"
    train(TRAIN, LanguageModelConfig(model="ngram", order=3, tokenizer="whitespace"), out=folder)
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{line}\n" for line in TEXT))
    return path


def chosen(run: Path, lines: list[str], share: float, *, by: str = "perplexity") -> list[str]:
    """The slow way: sort by score, take the best, put them in order again."""
    scores = load_model(run).score_lines(lines)
    name = "perplexity" if by == "perplexity" else "bits_per_byte"
    values = [(np.float32(getattr(score, name)), place) for place, score in enumerate(scores)]
    values = [value for value in values if lines[value[1]].strip()]
    places = sorted(place for _, place in sorted(values)[: round(share * len(values))])
    return [lines[place] for place in places]


@pytest.mark.parametrize("by", ["perplexity", "bits"])
@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.75, 1])
def test_the_share_that_is_kept(textkit: Textkit, run: Path, text: Path, share: float, by: str) -> None:
    ran = textkit("filter", "--lm", run, "--keep", share, "--by", by, text)
    kept = ran.out.split("\n")[:-1]
    assert (ran.status, kept) == (0, chosen(run, TEXT, share, by=by))
    assert f"kept {len(kept)} of 8 records (2 have no token), " in ran.err
    rest = textkit("filter", "--lm", run, "--keep", share, "--by", by, "--invert", text).out.split("\n")[:-1]
    assert sorted(kept + rest) == sorted(TEXT)
    assert textkit("filter", "--lm", run, "--keep", share, "--by", by, stdin=text.read_bytes()).out == ran.out


def test_limits_and_the_table_of_scores(textkit: Textkit, run: Path, text: Path, tmp_path: Path) -> None:
    table = tmp_path / "scores.tsv"
    whole = textkit("filter", "--lm", run, "--keep", "1", "--scores", table, text)
    rows = list(csv.DictReader(table.read_text().splitlines(), delimiter="\t"))
    assert len(rows) == len(TEXT)
    for row, line, score in zip(rows, TEXT, load_model(run).score_lines(TEXT), strict=True):
        if line.strip():
            assert float(row["perplexity"]) == pytest.approx(score.perplexity, rel=1e-6)
            assert float(row["bits_per_byte"]) == pytest.approx(score.bits_per_byte, rel=1e-6)
        else:
            assert row["perplexity"] == row["bits_per_byte"] == "nan"
        assert (int(row["tokens"]), int(row["unknown"])) == (score.tokens, score.unknown)
    assert whole.out.split("\n")[:-1] == [line for line in TEXT if line.strip()]
    for option, name in (("--max-perplexity", "perplexity"), ("--max-bits", "bits_per_byte")):
        for limit in (1.5, 3.0, 8.0, math.inf):
            ran = textkit("filter", "--lm", run, option, limit, text, "--scores", tmp_path / "again.tsv.gz")
            expected = [line for line, row in zip(TEXT, rows, strict=True) if float(row[name]) <= limit]
            assert ran.out.split("\n")[:-1] == expected
    assert gzip.decompress((tmp_path / "again.tsv.gz").read_bytes()) == table.read_bytes()


DOCUMENTS = ["the cat sat\n\na dog saw the cat\n", "zebra\nwombat", "", "on a mat", "the dog"]


def test_documents_are_scored_line_by_line(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps({"body": text}) + "\n" for text in DOCUMENTS))
    ran = textkit(
        "filter",
        "--lm",
        run,
        "--keep",
        "1",
        "--scores",
        "-",
        "-o",
        tmp_path / "o.jsonl",
        path,
        "--field",
        "body",
    )
    rows = list(csv.DictReader(io.StringIO(ran.out), delimiter="\t"))
    saved = load_model(run)
    for row, text in zip(rows, DOCUMENTS, strict=True):
        lines = [line for line in text.split("\n") if line]
        if lines:
            score = saved.score(lines)
            assert float(row["perplexity"]) == pytest.approx(score.perplexity, rel=1e-6)
            assert float(row["bits_per_byte"]) == pytest.approx(score.bits_per_byte, rel=1e-6)
            assert int(row["tokens"]) == score.tokens
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 4


def records(folder: Path, form: str) -> Path:
    """The same documents in every form."""
    import pyarrow
    import pyarrow.parquet

    path = folder / f"f.{form}"
    rows = [{"n": n, "text": text, "extra": "x,\t"[:2] * n} for n, text in enumerate(DOCUMENTS)]
    if form == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif form == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["n", "text", "extra"])
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_every_form_keeps_the_same_records(
    textkit: Textkit, run: Path, form: str, suffix: str, tmp_path: Path
) -> None:
    from textkit_corpora.tables import read_rows

    if form == "parquet" and suffix:
        pytest.skip("Parquet packs itself")
    path, out = records(tmp_path, form), tmp_path / f"o.{form}{suffix}"
    ran = textkit("filter", "--lm", run, "--keep", "0.5", "--field", "text", path, path, "-o", out)
    assert (ran.status, ran.out) == (0, "")
    assert "kept 4 of 10 records (2 have no token)" in ran.err
    assert [str(row["n"]) for row in read_rows(out)] == ["0", "4", "0", "4"]
    expected = [row for row in read_rows(path) if str(row["n"]) in "04"]
    assert list(read_rows(out)) == expected * 2
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_parquet_files_with_other_notes_go_together(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"text": ["the cat", "zebra"]})
    for name in "ab":
        pyarrow.parquet.write_table(
            table.replace_schema_metadata({"from": name}), tmp_path / f"{name}.parquet"
        )
    out = tmp_path / "o.parquet"
    ran = textkit(
        "filter", "--lm", run, "--keep", "0.5", tmp_path / "a.parquet", tmp_path / "b.parquet", "-o", out
    )
    assert ran.status == 0, ran.err
    assert pyarrow.parquet.read_table(out).to_pylist() == [{"text": "the cat"}] * 2


def test_a_network_filters_too(textkit: Textkit, text: Path, tmp_path: Path) -> None:
    config = LanguageModelConfig(
        model="gru", epochs=1, embedding=4, hidden=4, batch_size=2, steps=5, tokenizer="whitespace"
    )
    train(TRAIN, config, out=tmp_path / "run")
    ran = textkit("filter", "--lm", tmp_path / "run", "--keep", "0.5", text)
    scores = list(load_model(tmp_path / "run").in_context("line").score_lines(TEXT))
    values = sorted((np.float32(s.perplexity), n) for n, s in enumerate(scores) if TEXT[n].strip())
    assert ran.out.split("\n")[:-1] == [TEXT[n] for n in sorted(n for _, n in values[:3])]


def test_nothing_comes_of_nothing(textkit: Textkit, run: Path) -> None:
    ran = textkit("filter", "--lm", run, "--keep", "0.5", stdin="")
    assert (ran.status, ran.out) == (0, "")
    assert "kept 0 of 0 records, 0.0% of the characters; dropped 0\n" in ran.err
    assert textkit("filter", "--lm", run, "--keep", "0.5", "-q", stdin="a\n").err == ""


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        ([], "give one of --keep, --max-perplexity and --max-bits", 2),
        (["--keep", "0.5", "--max-bits", "2"], "give one of --keep, --max-perplexity and --max-bits", 2),
        (["--keep", "80"], "--keep is a share of the records, from 0 to 1, not 80", 2),
        (["--keep", "nan"], "--keep is a share of the records, from 0 to 1, not nan", 2),
        (["--max-perplexity", "-3"], "--max-perplexity is a number over 0, not -3", 2),
        (["--max-bits", "3", "--by", "bits"], "--by goes with --keep", 2),
        (["--keep", "1", "--by", "bit"], "unknown measure 'bit': did you mean 'bits'?", 2),
        (["--keep", "1", "--scores", "-"], "--scores and --output cannot both be standard output", 2),
        (["--keep", "1", "-o", "out.jsonl"], "out.jsonl: records pass unchanged", 2),
        (["--keep", "1", "f.parquet"], "Parquet is written to files only", 2),
        (["--keep", "1", "f.csv"], "f.csv: say which column holds the text, by --field", 2),
        (["--keep", "1", "none.txt"], "none.txt: no such file", 1),
        (["--keep", "1", "empty.txt"], "empty.txt: is empty; there is no record to read", 1),
        (["--keep", "1", "bad.txt", "-o", "out.txt"], "bad.txt:2: not valid UTF-8", 1),
        (["--keep", "1", "-o", "nowhere/out.txt"], "nowhere/out.txt: cannot be written", 1),
    ],
)
def test_bad_requests_are_one_line_and_leave_nothing(
    textkit: Textkit,
    run: Path,
    arguments: list[str],
    message: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    records(tmp_path, "parquet")
    records(tmp_path, "csv")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "bad.txt").write_bytes(b"ok\n\xff\n")
    before = sorted(tmp_path.iterdir())
    ran = textkit("filter", "--lm", run, *arguments, stdin="a dog\n")
    assert (ran.status, ran.out) == (status, "")
    assert len(ran.err.splitlines()) == 1
    assert message in ran.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_changes_meanwhile_is_named(
    textkit: Textkit, run: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(*arguments: Any) -> Any:
        with text.open("a") as file:
            file.write("more\n")
        return best(*arguments)

    monkeypatch.setattr("textkit.tasks.language_model.filtering.best", grow)
    ran = textkit("filter", "--lm", run, "--keep", "0.5", text, "-o", tmp_path / "out.txt")
    assert ran.status == 1
    assert f"{text}: changed while it was read" in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["text.txt"]


def test_memory_does_not_grow_with_the_text(run: Path, tmp_path: Path) -> None:
    """Ten times the text, the same memory but for four bytes a record."""
    pytest.importorskip("resource")  # there is none on Windows

    def peak(lines: int) -> int:
        path = tmp_path / f"{lines}.txt"
        path.write_text("the cat sat on the mat and the zebra too\n" * lines)
        code = (
            "import resource, sys; from textkit_cli.main import main; status = main(sys.argv[1:]); "
            "assert 'torch' not in sys.modules; "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status)"
        )
        arguments = ["filter", "--lm", str(run), "--keep", "0.5", str(path), "-o", os.devnull, "-q"]
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        return int(ran.stderr) // 1024

    assert peak(500_000) < peak(50_000) + 30


def test_a_model_for_other_tokens_is_noticed(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    ran = textkit("filter", "--lm", run, "--keep", "1", stdin="the zebra stood\n中文\n")
    assert "75% of the words are unknown to the model" in ran.err
    ran = textkit("filter", "--lm", run, "--keep", "1", "--tokenizer", "characters", stdin="a b a\n")
    assert "kept 1 of 1 records" in ran.err
    assert "unknown" not in ran.err


def test_bytes_that_are_no_text_pass_unchanged_when_let(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"the cat \xff sat\r\nzebra\na dog")
    ran = textkit("filter", "--lm", run, "--keep", "0.67", "--errors", "replace", path, "-o", path)
    assert (ran.status, ran.err.count("\n")) == (0, 1)
    assert path.read_bytes() == b"the cat \xff sat\r\na dog\n"  # and the file may be its own output
