"""`textkit attack`: a table of accuracies, JSON, examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks.classification import ClassifierConfig, LabelledTexts, train

Textkit = Callable[..., Any]

PAIRS = [
    (text, label)
    for text, label in (
        ("房间很好，满意", "正"),
        ("早餐也好，满意", "正"),
        ("房间很差，失望", "负"),
        ("早餐也差，失望", "负"),
    )
    for _ in range(6)
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, texts = tmp_path_factory.mktemp("classifier"), LabelledTexts.of(PAIRS)
    train(texts, ClassifierConfig(min_df=1), out=folder / "linear")
    train(texts, ClassifierConfig(preset="book", epochs=20), out=folder / "book", dev=texts)
    return {name: folder / name for name in ("linear", "book")}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text("".join(f"{label}\t{text}\n" for text, label in PAIRS), encoding="utf-8")
    return path


def test_a_row_for_each_attack_that_applies(textkit: Textkit, runs: dict[str, Path], labelled: Path) -> None:
    ran = textkit("attack", runs["linear"], labelled)
    assert (ran.status, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    assert head.split()[:2] == ["attack", "budget"]
    assert [row.split()[0] for row in rows] == ["delete", "substitute"]
    rows = textkit("attack", runs["book"], labelled, "--epsilon", 0.001, "--epsilon", 9).out.splitlines()[1:]
    found = {tuple(row.split()[:2]): row.split()[2:4] for row in rows}
    assert list(found)[:4] == [("fgsm", "0.001"), ("fgsm", "9"), ("pgd", "0.001"), ("pgd", "9")]
    assert found["fgsm", "0.001"] == ["100.0%", "100.0%"]
    assert found["pgd", "9"] == ["100.0%", "0.0%"]


def test_examples_and_json(textkit: Textkit, runs: dict[str, Path], labelled: Path) -> None:
    given = ("attack", runs["linear"], labelled, "--method", "delete", "--budget", 1, "--examples", 2)
    text = textkit(*given).out
    assert text.count("(left out)") >= 2
    document = json.loads(textkit(*given, "--json").out)
    assert document["file"] == str(labelled)
    (attack,) = document["attacks"]
    assert attack["method"] == "delete"
    assert attack["budget"] == 1.0
    assert attack["accuracy"] == 1.0
    assert attack["accuracy_attacked"] < 1.0
    assert len(attack["examples"]) == 2


def test_examples_do_not_steer_a_terminal(textkit: Textkit, runs: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "steering.tsv"
    path.write_text("正\t很满意\x1b[2J满意\n", encoding="utf-8")
    given = ("--method", "delete", "--budget", 1, "--examples", 1)
    ran = textkit("attack", runs["linear"], path, *given)
    assert "\x1b" not in ran.out
    assert "很满意\\x1b[2J满意" in ran.out


def test_fewer_texts_by_the_seed(textkit: Textkit, runs: dict[str, Path], labelled: Path) -> None:
    given = ("attack", runs["linear"], labelled, "--texts", 7, "--json", "--learn-from", labelled)
    ran = textkit(*given)
    assert "7 of 24 texts are attacked" in ran.err
    assert [attack["texts"] for attack in json.loads(ran.out)["attacks"]] == [7, 7]
    assert textkit(*given, "-q").err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "fgms"], "did you mean 'fgsm'"),
        (["--method", "pgd"], "moves the word vectors of a network"),
        (["--epsilon", "0"], "--epsilon must be above 0"),
        (["--epsilon", "inf"], "--epsilon must be above 0 and finite"),
        (["--budget", "1.5"], "between 0 and 1"),
        (["--learn-from", "missing.tsv"], "missing.tsv"),
        (
            ["--method", "delete", "--epsilon", "0.1"],
            "--epsilon is for fgsm and pgd, not for delete: leave it out",
        ),
        (["--steps", "3"], "--steps is for pgd, not for delete and substitute: leave it out"),
        (["--method", "delete", "--learn-from", "FILE"], "--learn-from is for substitute, not for delete"),
        (["--method", "pgd", "--budget", "0.1"], "--budget is for delete and substitute, not for pgd"),
        (["--method", "fgsm", "--examples", "1"], "--examples is for delete and substitute, not"),
    ],
)
def test_what_makes_no_sense(
    textkit: Textkit, runs: dict[str, Path], labelled: Path, arguments: list[str], message: str
) -> None:
    given = [labelled if each == "FILE" else each for each in arguments]
    ran = textkit("attack", runs["linear"], labelled, *given)
    assert ran.status in (1, 2)
    assert message in ran.err
    assert (ran.err.count("\n"), ran.out) == (1, "")
