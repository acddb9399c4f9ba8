"""`textkit classify`: every kind of file in and out, nothing lost, an answer for every line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train

Textkit = Callable[..., Any]

TEXTS = ["房间干净，服务很好", "", "太差了，\t再也不来", '他说"不错"，真的', "   "]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "run"
    good, bad = (
        ["房间干净", "服务很好", "真的不错", "还会再来"],
        ["房间很脏", "服务太差", "太差了", "再也不来"],
    )
    pairs = [
        (f"{text}{n}", label)
        for n in range(5)
        for label, some in (("好", good), ("差", bad))
        for text in some
    ]
    train(LabelledTexts.of(pairs), ClassifierConfig(), out=folder)
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"{line}\n" for line in TEXTS), encoding="utf-8")
    return path


def answers(run: Path, texts: list[str]) -> list[tuple[str, float]]:
    return [(each.label, round(each.probability, 6)) for each in load_classifier(run).predict(texts)]


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What any reader makes of an output."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path).to_pylist()
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".jsonl" in path.name:
        return [json.loads(line) for line in data.splitlines()]
    reading = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if ".tsv" in path.name else {}
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), **reading))  # type: ignore[arg-type]


def test_lines_in_lines_out(textkit: Textkit, run: Path, text: Path) -> None:
    ran = textkit("classify", run, text)
    assert (ran.status, ran.err) == (0, "")
    expected = answers(run, TEXTS)
    lines = ran.out.split("\n")
    assert lines.pop() == ""
    shown = [line.split("\t") for line in lines]
    assert [(label, float(probability)) for label, probability, _ in shown] == expected
    assert [text for *_, text in shown] == [text.replace("\t", " ") for text in TEXTS]
    assert textkit("classify", run, stdin=text.read_bytes()).out == ran.out
    assert [label for label, _ in expected][::2] == ["好", "差", expected[4][0]]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_lines_to_every_kind_of_file(
    textkit: Textkit, run: Path, text: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    ran = textkit("classify", run, text, "-o", out, "--all")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    rows = rows_of(out)
    assert list(rows[0]) == ["text", "label", "probability", "probability_好", "probability_差"] or list(
        rows[0]
    ) == ["text", "label", "probability", "probability_差", "probability_好"]
    lost = TEXTS if "tsv" not in suffix else [text.replace("\t", " ") for text in TEXTS]
    assert [row["text"] for row in rows] == lost
    assert [(row["label"], float(row["probability"])) for row in rows] == answers(run, TEXTS)
    for row in rows:
        assert float(row["probability_好"]) + float(row["probability_差"]) == pytest.approx(1, abs=2e-6)


RECORDS = [
    {"id": 1, "review": "服务很好", "note": 'a,"b"'},
    {"id": 2, "review": "多行\n太差了", "note": "c"},
    {"id": 3, "review": "", "note": ""},
]


def write_records(path: Path) -> Path:
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(RECORDS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in RECORDS))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(RECORDS[0]))
            writer.writeheader()
            writer.writerows(RECORDS)
    return path


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_records_keep_their_columns(
    textkit: Textkit, run: Path, tmp_path: Path, source: str, target: str
) -> None:
    path, out = write_records(tmp_path / f"in.{source}"), tmp_path / f"out.{target}"
    ran = textkit("classify", run, path, "--text-column", "review", "-o", out)
    assert (ran.status, ran.err) == (0, "")
    found = answers(run, [str(row["review"]).replace("\n", " ") for row in RECORDS])
    for row, given, (label, probability) in zip(rows_of(out), RECORDS, found, strict=True):
        strings = source == "csv" or target == "csv"
        kept = {name: str(value) if strings else value for name, value in given.items()}
        assert {name: row[name] for name in given} == kept
        assert (row["label"], float(row["probability"])) == (label, probability)


def test_records_to_standard_output_keep_their_form(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = write_records(tmp_path / "in.csv")
    out = textkit("classify", run, path, "--text-column", "review").out
    assert out.splitlines()[0] == "id,review,note,label,probability"
    path = write_records(tmp_path / "in.parquet")
    out = textkit("classify", run, path, "--text-column", "review").out
    assert json.loads(out.splitlines()[0])["id"] == 1


def test_columns_that_are_taken(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("label,text,probability\n1,服务很好,x\n")
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    textkit("classify", run, path, "-o", once)
    header = "label,text,probability,predicted_label,predicted_probability"
    assert once.read_text().splitlines()[0] == header
    textkit("classify", run, once, "-o", twice)
    more = ",predicted_predicted_label,predicted_predicted_probability"
    assert twice.read_text().splitlines()[0] == header + more


def test_tables_without_a_header_stay_without(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("1\t服务很好\n0\t太差了\n")
    (first, second) = textkit("classify", run, path).out.splitlines()
    assert first.split("\t")[:3] == ["1", "服务很好", "好"]
    assert second.split("\t")[:3] == ["0", "太差了", "差"]
    out = tmp_path / "out.jsonl"
    textkit("classify", run, path, "-o", out)
    assert list(rows_of(out)[0]) == ["column_1", "text", "label", "probability"]


def test_unsure_and_thresholds(textkit: Textkit, run: Path, text: Path) -> None:
    def labels(*arguments: str) -> list[str]:
        return [line.split("\t")[0] for line in textkit("classify", run, text, *arguments).out.splitlines()]

    assert set(labels("--unsure", "1")) == {"unsure"}
    assert set(labels("--threshold", "好=0.000001")) == {"好"}
    names = load_classifier(run).labels
    assert set(labels("--threshold", "0.000001")) == {names[1]}


def test_json_lines_of_standard_input(textkit: Textkit, run: Path) -> None:
    ran = textkit("classify", run, "--text-column", "t", stdin='{"t": "服务很好", "n": null}\n')
    row = json.loads(ran.out)
    assert (row["n"], row["label"]) == (None, "好")
    assert textkit("classify", run, stdin="") == (0, "", "")


@pytest.mark.parametrize(
    ("name", "data", "arguments", "message"),
    [
        ("f.txt", b"\xc4\xe3\n", (), "f.txt:1: not valid UTF-8"),
        ("f.txt", b"", (), "f.txt: is empty; there is no text to classify"),
        (
            "f.csv",
            b"id,review\n1,a\n",
            (),
            "looks like a header without 'text'; name the columns by --text-col",
        ),
        ("f.csv", b"id,review\n1,a\n", ("--text-column", "reveiw"), "did you mean 'review'"),
        ("f.csv", b"id,text\n1\n", (), "f.csv:2: the number of columns is 1, the header has 2"),
        (
            "f.jsonl",
            b'{"text": "a"}\n{"text": 1}\n',
            (),
            "f.jsonl:2: field 'text': holds a value of type int",
        ),
        ("f.txt", b"a\n", ("--threshold", "x"), "--threshold is P or LABEL=P, P a probability, not 'x'"),
        ("f.txt", b"a\n", ("--threshold", "嗯=0.3"), "unknown label '嗯'"),
        ("f.txt", b"a\n", ("--threshold", "0.3", "--threshold", "好=0.2"), "--threshold P says all for two"),
        ("f.txt", b"a\n", ("--unsure", "7"), "lies from 0 to 1, not 7"),
        ("f.txt", b"a\n", ("--format", "jsn"), "unknown format 'jsn': did you mean 'jsonl'?"),
        ("f.txt", b"a\n", ("--format", "parquet"), "--format parquet and --output FILE.parquet go together"),
    ],
)
def test_what_is_wrong_takes_one_line_and_leaves_no_output(
    textkit: Textkit,
    run: Path,
    tmp_path: Path,
    name: str,
    data: bytes,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    (tmp_path / name).write_bytes(data)
    out = tmp_path / "out.csv"
    ran = textkit("classify", run, tmp_path / name, *arguments, "-o", out)
    assert ran.status in (1, 2)
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_fields_that_come_late(
    textkit: Textkit, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b", "label": 1}\n')
    assert '"predicted_label"' in textkit("classify", run, path).out
    monkeypatch.setattr("textkit_cli.commands.classify.BATCH", 1)
    assert (
        f"{path}:2: has a field 'label', which the first records lack" in textkit("classify", run, path).err
    )
    ran = textkit("classify", run, path, "-o", tmp_path / "out.csv")
    assert f"{path}:2: the field 'label' is none of the columns" in ran.err
    path.write_text('{"text": "a"}\n{"text": "b", "more": 1}\n')
    for name in ("out.csv", "out.parquet"):
        ran = textkit("classify", run, path, "-o", tmp_path / name)
        assert f"{path}:2: the field 'more' is none of the columns" in ran.err
        assert not (tmp_path / name).exists()
    mixed = tmp_path / "g.jsonl"
    mixed.write_text('{"text": "a", "n": 1}\n{"text": "b", "n": "x"}\n')
    ran = textkit("classify", run, mixed, "-o", tmp_path / "out.parquet")
    assert f"{mixed}:2 or soon after: a field is of another type than before" in ran.err
    assert textkit("classify", run, mixed, "-o", tmp_path / "out.jsonl").status == 0
    half = tmp_path / "h.jsonl"
    half.write_text('{"text": "a", "n": "\\ud83d"}\n')
    assert json.loads(textkit("classify", run, half).out)["n"] == "\ud83d"
    assert "holds half a character" in textkit("classify", run, half, "-o", tmp_path / "out.csv").err


def test_the_input_is_not_written_over(textkit: Textkit, run: Path, text: Path) -> None:
    assert "would replace the input" in textkit("classify", run, text, "-o", text).err
    assert text.read_text().splitlines() == TEXTS


def test_a_run_of_another_kind(textkit: Textkit, run: Path, text: Path, tmp_path: Path) -> None:
    lines = tmp_path / "l.txt"
    lines.write_text("a b\nb a\n")
    assert textkit("train-lm", lines, "--order", "2", "-o", tmp_path / "lm", "-q").status == 0
    ran = textkit("classify", tmp_path / "lm", text)
    assert ran.err.startswith(
        f"textkit: error: {tmp_path / 'lm'}: holds a language model (ngram), not a class"
    )
    for arguments in (
        ("score", run, text),
        ("lm-info", run),
        ("generate", run),
        ("train-lm", "--resume", run),
    ):
        ran = textkit(*arguments)
        assert f"{run}: holds a classifier, not a language model" in ran.err or "kind classifier" in ran.err
        assert ran.err.count("\n") == 1
    assert "no such folder" in textkit("classify", tmp_path / "none", text).err
    (run / "config.toml").rename(run / "gone")
    assert "config.toml: cannot be read" in textkit("classify", run, text).err
    (run / "gone").rename(run / "config.toml")


def test_linear_classifiers_need_nothing_heavy(tmp_path: Path) -> None:
    path, run = tmp_path / "train.tsv", str(tmp_path / "run")
    path.write_text("".join(f"{n % 2}\t{('很差', '很好')[n % 2]}，第{n}次\n" for n in range(20)))
    commands = [
        ["train-classifier", str(path), "--test", str(path), "-o", run, "-q"],
        ["classify", run, str(path), "-o", str(tmp_path / "o.csv")],
        ["evaluate", run, str(path)],
        ["audit", str(path)],
    ]
    heavy = ("torch", "sklearn", "matplotlib", "pandas", "pyarrow", "spacy", "nltk", "datasets")
    code = (
        "import sys; from textkit_cli.main import main; "
        f"print([main(each) for each in {commands!r}], [m for m in {heavy!r} if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[0, 0, 0, 0] []"
