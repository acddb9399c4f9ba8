"""`textkit evaluate`: figures for people and machines, mistakes, a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train
from textkit_corpora.labelled import read_labelled

Textkit = Callable[..., Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "run"
    pairs = [
        (f"{text}{n}", label)
        for n in range(8)
        for text, label in (("很好", "正"), ("很差", "负"), ("一般", "中"))
    ]
    train(LabelledTexts.of(pairs), ClassifierConfig(), out=folder)
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text("正\t真的很好\n负\t真的很差\n中\t也就一般\n负\t很好才怪\n", encoding="utf-8")
    return path


def test_one_json_object(textkit: Textkit, run: Path, labelled: Path) -> None:
    ran = textkit("evaluate", run, labelled, "--json", "--mistakes", "5")
    assert (ran.status, ran.err) == (0, "")
    found = json.loads(ran.out)
    texts = LabelledTexts.of(
        [record[:2] for record in read_labelled(labelled)], labels=load_classifier(run).labels
    )
    expected = load_classifier(run).evaluate(texts)
    assert found["accuracy"] == expected.accuracy == 0.75
    assert found["macro_f1"] == expected.macro_f1
    assert found["confusion"] == expected.confusion.tolist()
    assert found["calibration_error"] == expected.calibration_error()
    assert (found["labels"], found["texts"]) == (["中", "正", "负"], 4)
    (mistake,) = found["mistakes"]
    assert (mistake["text"], mistake["label"], mistake["answer"]) == ("很好才怪", "负", "正")
    assert mistake["where"] == f"{labelled}:4"


def test_tables_for_people(textkit: Textkit, run: Path, labelled: Path) -> None:
    out = textkit("evaluate", run, labelled, "--mistakes", "1", "--unsure", "1").out
    summary, classes, confusion, reliability, mistakes = out.strip().split("\n\n")
    assert "accuracy of those" in summary
    assert summary.splitlines()[1].split()[:3] == ["all", "4", "0.7500"]
    assert classes.splitlines()[1].split() == ["中", "1.0000", "1.0000", "1.0000", "1"]
    assert confusion.splitlines()[3].split() == ["负", "0", "1", "1"]
    assert reliability.startswith("probability")
    assert mistakes.startswith(f"{labelled}:4: answer 正 (0.")
    assert mistakes.endswith("), label 负: 很好才怪")


def test_mistakes_that_were_asked_for_are_a_list_even_if_there_are_none(textkit: Textkit, run: Path) -> None:
    asked = json.loads(textkit("evaluate", run, "-", "--json", "--mistakes", "1", stdin="正\t很好\n").out)
    assert asked["mistakes"] == []
    assert "mistakes" not in json.loads(textkit("evaluate", run, "-", "--json", stdin="正\t很好\n").out)


def test_a_picture(textkit: Textkit, run: Path, labelled: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    assert textkit("evaluate", run, labelled, "--plot", plot, "-q").status == 0
    assert plot.read_bytes()[:4] == b"\x89PNG"
    assert "a picture is a .png file" in textkit("evaluate", run, labelled, "--plot", "a.jpg").err


def test_thresholds_change_the_answers(textkit: Textkit, run: Path, labelled: Path) -> None:
    found = json.loads(textkit("evaluate", run, labelled, "--json", "--threshold", "中=0.0001").out)
    assert [row[0] for row in found["confusion"]] == [1, 1, 2]
    assert "does not say of which label" in textkit("evaluate", run, labelled, "--threshold", "0.5").err


def test_what_is_wrong_takes_one_line(textkit: Textkit, run: Path, labelled: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "f.tsv"
    foreign.write_text("正\ta\n好\tb\n")
    ran = textkit("evaluate", run, foreign)
    assert ran.err == f"textkit: error: {foreign}:2: unknown label '好'; the training texts had: 中, 正, 负\n"
    assert "no such file" in textkit("evaluate", run, tmp_path / "none.tsv").err
    assert "not a textkit run" in textkit("evaluate", tmp_path / "none", labelled).err


def test_standard_input(textkit: Textkit, run: Path, labelled: Path) -> None:
    assert json.loads(textkit("evaluate", run, "-", "--json", stdin=labelled.read_bytes()).out)["texts"] == 4


def test_a_picture_that_cannot_be_written_is_said_before_the_work(
    textkit: Textkit, run: Path, labelled: Path, tmp_path: Path
) -> None:
    ran = textkit("evaluate", run, labelled, "--plot", tmp_path / "none" / "a.png")
    assert (ran.status, ran.out) == (2, "")
    assert f"there is no folder {tmp_path / 'none'}; make it first" in ran.err


def test_labels_cannot_steer_the_terminal(textkit: Textkit, tmp_path: Path) -> None:
    texts = LabelledTexts.of([(f"{word}{n}", label) for n in range(8) for word, label in PAIRS])
    train(texts, ClassifierConfig(), out=tmp_path / "run")
    (tmp_path / "test.tsv").write_text("\x1b[31mred\t很差\n", encoding="utf-8")
    out = textkit("evaluate", tmp_path / "run", tmp_path / "test.tsv", "--mistakes", "3").out
    assert "\x1b" not in out
    assert out.count("\\x1b[31mred") == 4


PAIRS = (("很好", "\x1b[31mred"), ("很差", "blue"))
