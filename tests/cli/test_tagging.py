"""`textkit train-tagger` and `textkit tag` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

TRAIN = "".join(
    f"{go}\tO\nto\tO\n{city}\tB-goal\nfrom\tO\nNew\tB-begin\nYork\tI-begin\n\n"
    for go in ("fly", "go", "drive", "walk")
    for city in ("Oslo", "Lima", "Graz", "Bath", "Nice")
)
HEADS = ["precision", "recall", "F1", "macro", "F1", "spans", "sentences"]
SMALL = (
    "--embedding",
    12,
    "--letters",
    8,
    "--hidden",
    16,
    "--epochs",
    10,
    "--batch-size",
    4,
    "--learning-rate",
    0.02,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from textkit_cli.main import main

    path = tmp_path_factory.mktemp("tagger")
    (path / "train.conll").write_text(TRAIN)
    (path / "text").write_text("walk to Oslo from New York\n\nfly to Lima\n")
    options = [*SMALL, "--dev", path / "train.conll", "-o", path / "run", "-q"]
    assert main(["train-tagger", str(path / "train.conll"), *map(str, options)]) == 0
    return path


def test_training_reports_spans_and_says_how_to_go_on(folder: Path, textkit) -> None:
    run, train = folder / "other", folder / "train.conll"
    said = textkit("train-tagger", train, *SMALL, "--test", train, "-o", run, "--epochs", 2)
    assert said.status == 0
    assert said.out.splitlines()[0].split() == HEADS
    assert [line.split()[0] for line in said.out.splitlines()[1:4] if line] == ["dev", "test"]
    assert "\ntest:\n" in said.out
    assert "training sentences are held out for validation" in said.err
    assert f"the tagger is in {run}; try: textkit tag {run}" in said.err
    more = textkit("train-tagger", "--resume", run, "--epochs", 3, "-q")
    assert (more.status, more.err) == (0, "")
    wrong = textkit("train-tagger", "--resume", run, "--hidden", 3)
    assert wrong.status == 2
    assert "leave out --hidden" in wrong.err


def test_one_line_out_for_each_line_in(folder: Path, textkit) -> None:
    said = textkit("tag", folder / "run", folder / "text")
    assert (said.status, said.err) == (0, "")
    first, empty, last = map(json.loads, said.out.splitlines())
    assert first["tokens"] == ["walk", "to", "Oslo", "from", "New", "York"]
    assert first["tags"] == ["O", "O", "B-goal", "O", "B-begin", "I-begin"]
    assert first["offsets"][2] == [8, 12]
    goal, begin = first["spans"]
    assert (goal["label"], goal["text"], goal["start"], goal["end"]) == ("goal", "Oslo", 2, 3)
    assert begin["text"] == "New York"
    assert 0.5 < goal["probability"] <= 1
    assert empty == {"tokens": [], "tags": [], "offsets": [], "spans": []}
    assert [span["text"] for span in last["spans"]] == ["Lima"]
    assert textkit("tag", folder / "run", stdin=(folder / "text").read_bytes()) == said


def test_a_terminal_is_answered_line_by_line(folder: Path, textkit, monkeypatch: pytest.MonkeyPatch) -> None:
    from textkit.tasks.tagging import SavedTagger

    blocks: list[int] = []

    def tag_lines(tagger: SavedTagger, lines: list[str]) -> object:
        blocks.append(len(lines))
        return tagger.tag_tokens(line.split() for line in lines)

    monkeypatch.setattr(SavedTagger, "tag_lines", tag_lines)
    textkit("tag", folder / "run", stdin=b"to Oslo\nto Lima\n")
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("textkit_cli.commands.tag.sys", terminal)
    textkit("tag", folder / "run", stdin=b"to Oslo\nto Lima\n")
    assert blocks == [2, 1, 1]


def test_the_three_forms(folder: Path, textkit) -> None:
    said = textkit("tag", folder / "run", folder / "text", "--format", "inline")
    assert said.out == "walk to [Oslo](goal) from [New York](begin)\n\nfly to [Lima](goal)\n"
    out = folder / "out.conll"
    assert textkit("tag", folder / "run", folder / "text", "-o", out).err == "textkit: 3 lines, 3 spans\n"
    assert out.read_text().startswith("walk\tO\nto\tO\nOslo\tB-goal\n")
    assert out.read_text().endswith("Lima\tB-goal\n\n")
    tokens = textkit("tag", folder / "run", out, "--tokens", "--format", "inline")
    assert tokens.out == "walk to [Oslo](goal) from [New York](begin)\nfly to [Lima](goal)\n"
    quiet = textkit("tag", folder / "run", folder / "text", "-o", folder / "out.jsonl", "-q")
    assert (quiet.out, quiet.err) == ("", "")
    assert len((folder / "out.jsonl").read_text().splitlines()) == 3


def test_records_give_one_field(folder: Path, textkit) -> None:
    (folder / "in.jsonl").write_text('{"text": "no"}\n{"text": "go to Graz"}\n')
    said = textkit("tag", folder / "run", folder / "in.jsonl", "--format", "inline")
    assert said.out == "no\ngo to [Graz](goal)\n"


def test_evaluation(folder: Path, textkit) -> None:
    said = textkit("tag", folder / "run", folder / "train.conll", "--evaluate")
    assert [line.split()[0] for line in said.out.splitlines()[1:4]] == ["begin", "goal", "all"]
    report = json.loads(textkit("tag", folder / "run", folder / "train.conll", "--evaluate", "--json").out)
    assert report["f1"] > 0.95
    assert (report["sentences"], report["wanted"], report["labels"]["goal"]["wanted"]) == (20, 40, 20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json"], "--json is for --evaluate"),
        (["--evaluate", "-o", "x"], "--evaluate prints measures: leave out -o and --format"),
        (["--tokens", "--field", "x"], "--field is for text"),
        (["--format", "xml"], "unknown format 'xml'"),
    ],
)
def test_what_does_not_go_together(folder: Path, textkit, options: list[str], message: str) -> None:
    said = textkit("tag", folder / "run", folder / "text", *options)
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert message in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the file of tagged sentences to learn from"),
        (["f"], "name the one to make with --output RUN"),
        (["f", "-o", "-"], "name the one to make with --output RUN"),
        (["none", "-o", "new"], "none"),
        (["f", "--dev", "g", "--dev-fraction", "0.2", "-o", "new"], "--dev-fraction holds out a part where"),
    ],
)
def test_training_that_cannot_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textkit, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = textkit("train-tagger", *arguments)
    assert said.status in (1, 2)
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert message in said.err
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_there_is_not_written_over(folder: Path, textkit) -> None:
    said = textkit("train-tagger", folder / "train.conll", "-o", folder / "run")
    assert said.status == 1
    assert f"there is a run already: go on by --resume {folder / 'run'}" in said.err


def test_standard_input_is_read_once(textkit, tmp_path: Path) -> None:
    ran = textkit("train-tagger", "-", "--dev", "-", "-o", tmp_path / "run", stdin=TRAIN)
    assert ran.status == 2
    assert "standard input can be read once only; name files for the others" in ran.err
    assert not (tmp_path / "run").exists()


def test_nothing_to_measure_with_is_an_error(textkit, folder: Path) -> None:
    ran = textkit("tag", folder / "run", "--evaluate", stdin="")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "textkit: error: there is no tagged sentence to measure with\n"
