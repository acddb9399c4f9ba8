"""`textkit explain`: words in colour, pages, pictures, JSON, and what holds in general."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train
from textkit.tasks.classification.explanation import explain

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
TEXT = "房间很好，但早餐差，失望"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "linear"
    train(LabelledTexts.of(PAIRS), ClassifierConfig(min_df=1), out=folder)
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "book"
    texts = LabelledTexts.of(PAIRS)
    train(texts, ClassifierConfig(preset="book", epochs=20), out=folder, dev=texts)
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text("正\t房间很好，满意\n负\t早餐好，满意\n正\t失望\n", encoding="utf-8")
    return path


def test_a_text_with_marks_its_words_and_the_rest(textkit: Textkit, run: Path) -> None:
    ran = textkit("explain", run, "--text", TEXT, "--top", 2)
    assert (ran.status, ran.err) == (0, "")
    head, text, *words = ran.out.splitlines()
    (expected,) = explain(load_classifier(run), [TEXT])
    assert head == f"{expected.target} against {expected.rival}: {expected.value:+.3f} by contributions"
    assert text.replace("[", "").replace("]", "").replace("+", "").replace("-", "") == TEXT
    assert "[" in text
    assert [line.split() for line in words[:-1]] == [
        [f"{word.score:+.3f}", word.text] for word in expected.ranked(2)
    ]
    assert words[-1].split() == [f"{expected.rest:+.3f}", "(no", "word)"]


def test_colours_when_they_are_asked_for(textkit: Textkit, run: Path) -> None:
    assert "\x1b[48;5;" in textkit("explain", run, "--text", TEXT, "--color", "always").out
    assert "\x1b" not in textkit("explain", run, "--text", TEXT, "--color", "never").out
    ran = textkit("explain", run, "--text", TEXT, "--color", "blue")
    assert ran.status == 2
    assert "unknown colour 'blue'" in ran.err


@pytest.mark.parametrize(("no_color", "terminal"), [("", True), ("1", True), ("", False)])
def test_colours_are_for_terminals_and_no_color_is_heeded(
    no_color: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import SimpleNamespace

    from textkit_cli.explaining import in_colour

    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: terminal))
    assert in_colour("auto") == (terminal and not no_color)


def test_json_of_a_file_says_where_words_stand(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text(f"{TEXT}\n\nＧｏｏｄ 滿意\n", encoding="utf-8")
    ran = textkit("explain", run, path, "--json", "--target", "负")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert [record["text"] for record in records] == [TEXT, "", "Ｇｏｏｄ 滿意"]
    for record in records:
        assert record["target"] == "负"
        assert record["against"] == "正"
        assert all(record["text"][w["start"] : w["end"]] == w["text"] for w in record["words"])
        assert record["words"] == [] or record["top"][0]["score"] == max(w["score"] for w in record["words"])
        assert sum(w["score"] for w in record["words"]) + record["rest"] == pytest.approx(record["value"])


def test_page_and_picture(textkit: Textkit, network: Path, tmp_path: Path) -> None:
    html, png = tmp_path / "a.html", tmp_path / "a.png"
    ran = textkit("explain", network, "--text", TEXT, "--html", html, "--png", png)
    assert ran.status == 0
    assert "by integrated-gradients" in ran.out
    assert "失望</span>" in html.read_text(encoding="utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    ran = textkit("explain", network, "--text", TEXT, "--text", TEXT, "--png", png)
    assert ran.status == 2
    assert "--png draws one text, and 2 are given" in ran.err


def test_one_warning_where_there_is_no_font(
    textkit: Textkit, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("fonts", "picture"):
        monkeypatch.setattr(f"textkit.explain.{module}.chinese_font", lambda: None, raising=False)
    ran = textkit("explain", run, "--text", TEXT, "--png", tmp_path / "a.png")
    assert ran.status == 0
    assert ran.err.count("\n") == 1
    assert "pip install 'textkit-nlp[fonts]'" in ran.err


def test_what_drives_each_class(textkit: Textkit, run: Path, network: Path, labelled: Path) -> None:
    for which, files in ((run, []), (run, [labelled]), (network, [labelled])):
        ran = textkit("explain", which, "--global", *files, "--top", 3)
        assert ran.status == 0
        assert [line for line in ran.out.splitlines() if not line.startswith(" ")] == ["正:", "负:"]
        assert "满意" in ran.out
    document = json.loads(textkit("explain", run, "--global", labelled, "--json").out)
    assert {word["word"] for word in document["负"]} >= {"失望"}
    ran = textkit("explain", network, "--global")
    assert ran.status == 2
    assert "--global FILE" in ran.err


def test_mistakes_and_units(textkit: Textkit, run: Path, network: Path, labelled: Path) -> None:
    ran = textkit("explain", run, "--mistakes", labelled)
    assert "正 taken for 负: 1 text" in ran.out
    assert "misled by: 失望" in ran.out
    groups = [
        json.loads(line)
        for line in textkit("explain", run, "--mistakes", labelled, "--json").out.splitlines()
    ]
    assert [(group["label"], group["answer"]) for group in groups] == [("正", "负"), ("负", "正")]
    right = labelled.with_name("right.tsv")
    right.write_text("正\t满意\n", encoding="utf-8")
    assert textkit("explain", run, "--mistakes", right).out == "no mistakes\n"
    ran = textkit("explain", network, "--units", labelled, "--top", 2)
    assert ran.status == 0
    assert ran.out.count("unit ") == 2
    units = [
        json.loads(line)
        for line in textkit("explain", network, "--units", labelled, "--json").out.splitlines()
    ]
    assert {phrase for unit in units for phrase, _ in unit["phrases"]} & {"满意", "失望"}
    ran = textkit("explain", run, "--units", labelled)
    assert "no hidden units" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the texts to explain"),
        (["--text", "好", "FILE"], "give the texts to explain"),
        (["--text", "好", "--method", "salience"], "did you mean 'saliency'"),
        (["--text", "好", "--method", "saliency"], "not for this classifier"),
        (["--text", "好", "--target", "好"], "unknown label '好'"),
        (["--text", "好", "--html", "a.txt"], "name a .html file"),
        (["--global", "--mistakes", "FILE"], "--global and --mistakes exclude each other"),
        (["--text", "\udcff好"], "--text is not valid UTF-8"),
        (["--units", "--text", "好"], "--units looks at the texts of a FILE"),
        (["--mistakes"], "give the texts"),
        (["--mistakes", "FILE", "--target", "none"], "--mistakes looks at every class; leave out --target"),
        (["--units", "FILE", "--target", "正"], "--units looks at every class; leave out --target"),
        (["--global", "--target", "正"], "--global looks at every class; leave out --target"),
        (["--mistakes", "FILE", "--method", "leave-one-out"], "--mistakes has a way of its own; leave out"),
        (["--units", "FILE", "--method", "saliency"], "--units has a way of its own; leave out --method"),
        (["--global", "--method", "leave-one-out"], "--global without a FILE shows the classifier's weights"),
        (["--label-column", "y", "FILE"], "--label-column goes with --mistakes"),
        (["missing.txt"], "missing.txt"),
    ],
)
def test_what_makes_no_sense(
    textkit: Textkit, run: Path, labelled: Path, arguments: list[str], message: str
) -> None:
    ran = textkit("explain", run, *[labelled if each == "FILE" else each for each in arguments])
    assert ran.status in (1, 2)
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""
