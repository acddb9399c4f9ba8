"""`textkit train-classifier`: what it prints, leaves behind and refuses."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Textkit = Callable[..., Any]

OPINIONS = [
    ("1", "房间干净，服务很好"),
    ("0", "房间很脏，服务太差"),
    ("1", "非常满意还会再来"),
    ("0", "非常失望不会再来"),
]
SMALL = ("--preset", "embedding-bag", "--embedding", "8", "--min-count", "1", "--epochs", "2")


def write(path: Path, count: int, *, first: int = 0) -> Path:
    lines = [f"{OPINIONS[n % 4][0]}\t{OPINIONS[n % 4][1]}，第{n}次" for n in range(first, first + count)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write(tmp_path / "train.tsv", 40)


def test_a_run_and_a_table(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    dev, test = write(tmp_path / "dev.tsv", 12, first=100), write(tmp_path / "test.tsv", 8, first=200)
    run = tmp_path / "run"
    ran = textkit("train-classifier", texts, "--dev", dev, "--test", test, "-o", run)
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0].split()[:3] == ["texts", "accuracy", "95"]
    assert [line.split()[:3] for line in lines[1:]] == [["dev", "12", "1.0000"], ["test", "8", "1.0000"]]
    recipe, told = ran.err.splitlines()
    assert recipe.startswith("textkit: recipe #")
    assert told == f"textkit: the classifier is in {run}; try: textkit classify {run} FILE"
    assert json.loads((run / "manifest.json").read_text())["labels"] == ["0", "1"]


def test_results_as_json(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    ran = textkit("train-classifier", texts, "--test", texts, "-o", tmp_path / "run", "--json", "-q")
    assert json.loads(ran.out)["test"]["texts"] == 40
    assert ran.err == ""


def test_cross_validation_needs_no_run(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    ran = textkit("train-classifier", texts, "--folds", "4", "-q")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0] == "linear, 4 folds, seed 1"
    assert [line.split()[0] for line in lines[2:]] == ["fold"] * 4 + ["mean", "±"]
    found = json.loads(textkit("train-classifier", texts, "--folds", "4", "-q", "--json").out)
    assert [fold["texts"] for fold in found["folds"]] == [10] * 4
    assert list(tmp_path.iterdir()) == [texts]


def test_folds_and_a_run_are_one_json_object(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    dev = write(tmp_path / "dev.tsv", 12, first=100)
    given = ("--folds", "4", "--dev", dev, "--tune-threshold", "dev", "--json")
    ran = textkit("train-classifier", texts, *given, "-o", tmp_path / "run")
    found = json.loads(ran.out)
    assert list(found) == ["cross_validation", "dev"]
    assert [fold["texts"] for fold in found["cross_validation"]["folds"]] == [10] * 4
    assert "the folds are measured without thresholds; those tuned on dev are the run's" in ran.err


def test_settings_come_from_a_file_and_options(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("words = 1\ncharacters = 2\n")
    run = tmp_path / "run"
    assert textkit("train-classifier", texts, "--config", config, "--characters", "0", "-o", run).status == 0
    saved = (run / "config.toml").read_text()
    assert "words = 1\n" in saved
    assert "characters = 0\n" in saved


def test_records_of_other_kinds_by_their_columns(textkit: Textkit, tmp_path: Path) -> None:
    rows = [{"stars": int(label), "review": f"{text}{n}"} for n in range(6) for label, text in OPINIONS]
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = ("--text-column", "review", "--label-column", "stars")
    assert textkit("train-classifier", path, *columns, "-o", tmp_path / "run").status == 0
    lines = tmp_path / "more.txt"
    lines.write_text("很好\n很差\n")
    more = ("--unlabelled", lines, "--semi", "self-training", "--semi-rounds", "1")
    assert textkit("train-classifier", path, *columns, *more, "-o", tmp_path / "semi").status == 0


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        ("1\ta\n1\tb\n", (), "all 2 texts have the label '1'; give texts of two at least"),
        ("1\ta\n0 b\n", (), "f.tsv:2: has 1 columns, the first row has 2; is there a tab too few?"),
        ("", (), "f.tsv: is empty; there is no labelled text"),
        (
            "label\ttxt\n1\ta\n",
            ("--text-column", "text"),
            "f.tsv:1: has no field 'text'; did you mean 'txt'?",
        ),
        ("1\ta\n0\tb\n", ("--preset", "liner"), "'preset': input should be 'linear', 'fast'"),
        (
            "1\ta\n0\tb\n",
            ("--epochs", "3"),
            "the setting 'epochs' is for networks, not for the preset 'linear'",
        ),
        (
            "1\ta\n0\tb\n",
            ("--dev-fraction", "0.3"),
            "the setting 'dev_fraction' is for networks, not for the preset 'linear'",
        ),
        (
            "1\ta\n0\tb\n",
            ("--preset", "book", "--dev", "f.tsv", "--dev-fraction", "0.3"),
            "--dev-fraction holds out a part where --dev is not given; leave out one of them",
        ),
        ("1\ta\n0\tb\n", ("--semi", "entropy"), "--unlabelled FILE and --semi self-training, entropy or"),
        ("1\ta\n0\tb\n", ("--tune-threshold", "dev"), "--tune-threshold dev needs the texts of --dev"),
        ("1\ta\n0\tb\n", ("--tune-threshold", "dve"), "did you mean 'dev'"),
        ("1\ta\n0\tb\n", ("--folds", "3"), "folds must lie between 2 and the 2 records, not 3"),
    ],
)
def test_what_is_wrong_takes_one_line(
    textkit: Textkit, tmp_path: Path, data: str, arguments: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(data)
    ran = textkit("train-classifier", path, *arguments, "-o", tmp_path / "run", "-q")
    assert ran.status in (1, 2)
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_usage_that_cannot_be(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    assert "name the run folder to make with --output RUN" in textkit("train-classifier", texts).err
    assert "name the file of labelled texts" in textkit("train-classifier", "-o", tmp_path / "r").err
    assert "no such file" in textkit("train-classifier", tmp_path / "none", "-o", tmp_path / "r").err
    ran = textkit("train-classifier", texts, "--folds", "2", "--dev", texts)
    assert "--folds measures on parts of TRAIN; leave out --dev and --test" in ran.err
    ran = textkit("train-classifier", "-", "--dev", "-", "-o", tmp_path / "r")
    assert "standard input can be read once only" in ran.err
    ran = textkit("train-classifier", texts, "--resume", tmp_path / "run")
    assert "leave out TRAIN" in ran.err
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "manifest.json").write_text("{}")
    ran = textkit("train-classifier", texts, "-o", tmp_path / "r")
    assert "there is a run already: remove it, or name another folder" in ran.err


def test_an_unknown_label_in_dev_is_named_with_its_place(
    textkit: Textkit, texts: Path, tmp_path: Path
) -> None:
    dev = tmp_path / "dev.tsv"
    dev.write_text("1\ta\n2\tb\n")
    ran = textkit("train-classifier", texts, "--dev", dev, "-o", tmp_path / "run")
    assert ran.err == f"textkit: error: {dev}:2: unknown label '2'; the training texts had: 0, 1\n"


def test_a_network_goes_on_for_longer(textkit: Textkit, texts: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ran = textkit("train-classifier", texts, *SMALL, "-o", run)
    assert "4 of 40 texts are held out to stop by" in ran.err
    ran = textkit("train-classifier", "--resume", run, "--epochs", "3")
    assert ran.status == 0
    assert "epoch 3: validation loss" in ran.err
    ran = textkit("train-classifier", "--resume", run, "--hidden", "3")
    assert "leave out --hidden" in ran.err


def test_ctrl_c_saves_and_says_how_to_go_on(
    textkit: Textkit, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def interrupting(*, quiet: bool) -> Iterator[Callable[[Any, int], None]]:
        yield lambda _progress, _steps: os.kill(os.getpid(), signal.SIGINT)

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("textkit_cli.training_bar.training_bar", interrupting)
        ran = textkit("train-classifier", texts, *SMALL, "-o", run)
    assert ran.status == 130
    assert ran.err.rstrip().endswith(f"go on with: textkit train-classifier --resume {run}")
    assert textkit("train-classifier", "--resume", run, "-q").status == 0


def test_an_empty_name_is_no_run(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text("1\ta\n0\tb\n")
    ran = textkit("train-classifier", tmp_path / "f.tsv", "-o", "")
    assert ran.status == 2
    assert "the name of the run folder is empty" in ran.err


def test_a_header_that_was_taken_for_a_record_is_noticed(textkit: Textkit, tmp_path: Path) -> None:
    rows = "".join(f"{n % 2}\t第{n}间房\n" for n in range(30))
    (tmp_path / "f.tsv").write_text("正负\t说法\n" + rows)
    ran = textkit("train-classifier", tmp_path / "f.tsv", "-o", tmp_path / "run")
    assert ran.status == 0
    assert "alone has the label '正负': if it is a header, start again and name its columns" in ran.err
