"""chapter: list, show and run, on chapters made for the test; the course itself is run by the slow test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from textkit.tasks import chapters
from textkit.tasks.chapters import CHAPTERS, Card, Fact, Study
from textkit.tasks.chapters.running import run_chapter

Textkit = Callable[..., Any]

FACTS = (Fact("weight", 2.0, tolerance=0.001), Fact("error", 0.1, "<="))
ABOUT = {
    "title": "A line",
    "title_zh": "一条直线",
    "claim": "It is found.",
    "source": "made up",
    "seconds": 30.0,
}


def line(study: Study) -> dict[str, float]:
    study.note(f"seed {study.seed}")
    study.draw("line", lambda figure: figure.subplots().plot([1, 2]))
    return {"weight": 2.0004, "error": 0.05}


def bent(study: Study) -> dict[str, float]:
    return {"weight": 2.0010001, "error": float("nan")}


def drawn(study: Study) -> dict[str, float]:
    return {"weight": torch.rand(1).item(), "error": 0.0}


def total(study: Study) -> dict[str, float]:
    return {"weight": float(study.table["x"].sum()), "error": 0.0}


def count(study: Study) -> dict[str, float]:
    return {"weight": float(len(study.images)), "error": 0.0}


def wrong(study: Study) -> dict[str, float]:
    return {"wait": 2.0}


def stopped(study: Study) -> dict[str, float]:
    def stop(_renderer: object) -> None:
        assert study.plots is not None
        assert any(study.plots.iterdir())  # the picture, under another name
        raise KeyboardInterrupt

    study.draw("half", lambda figure: vars(figure.subplots()).update(draw=stop))
    return {}


MADE: dict[str, tuple[Callable[[Study], Mapping[str, float]], dict[str, Any]]] = {
    "a-line": (line, {}),
    "a-bent-line": (bent, {}),
    "random": (drawn, {"seconds": 1.0}),
    "total": (total, {"data": "table", "data_text": "A table with a column x."}),
    "count": (count, {"data": "images"}),
    "wrong": (wrong, {}),
    "stopped": (stopped, {}),
}


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that puts some of the made chapters, by name, in place of those of the course."""

    def put(*names: str) -> None:
        monkeypatch.setattr(chapters, "CHAPTERS", {name: f"About {name}." for name in names})
        for name in names:
            module = ModuleType(name)
            run, about = MADE[name]
            vars(module).update(CARD=Card(facts=FACTS, **ABOUT | about), run=run)
            monkeypatch.setitem(sys.modules, f"{chapters.__name__}.{name.replace('-', '_')}", module)

    return put


def test_list_and_show(textkit: Textkit, make: Callable[..., None]) -> None:
    make("a-line", "total", "count")
    assert textkit("chapter", "list") == (
        0, "a-line  About a-line.\ntotal   About total.\ncount   About count.\n", ""
    )  # fmt: skip
    ran = textkit("chapter", "show", "total")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "name    total",
        "title   A line",
        "标题      一条直线",
        "claim   It is found.",
        "data    A table with a column x. A table (CSV) by --data PATH.",
        "seed    1",
        "time    about 30 s",
        "source  made up",
        "",
        "FACT     EXPECTED",
        "weight  2 ± 0.001",
        "error      <= 0.1",
    ]
    assert (
        "data    Images (a folder of idx files) by --data PATH.\n" in textkit("chapter", "show", "count").out
    )
    assert "data    none\n" in textkit("chapter", "show", "a-line").out


def test_a_claim_that_holds(textkit: Textkit, make: Callable[..., None], tmp_path: Path) -> None:
    make("a-line")
    plots = tmp_path / "new" / "plots"
    ran = textkit("chapter", "run", "a-line", "--plot", plots, "--seed", 7)
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "         expected  reached  holds",
        "weight  2 ± 0.001   2.0004    yes",
        "error      <= 0.1     0.05    yes",
    ]
    assert ran.err.splitlines()[:-1] == [
        "textkit: a-line: what is expected is meant for seed 1, not 7",
        "textkit: a-line: takes about 30 s",
        "textkit: a-line: seed 7",
        f"textkit: a-line: drew {plots}/line.png",
    ]
    assert ran.err.splitlines()[-1].startswith("textkit: a-line: 2 of 2 facts hold, ")
    with Image.open(plots / "line.png") as picture:
        picture.load()
    assert [path.name for path in plots.iterdir()] == ["line.png"]
    assert textkit("chapter", "run", "a-line", "-q", "-o", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out").read_text() == ran.out


def test_a_claim_that_does_not_hold(textkit: Textkit, make: Callable[..., None]) -> None:
    make("a-bent-line")
    ran = textkit("chapter", "run", "a-bent-line", "-q")
    assert ran.status == 1
    assert ran.out.splitlines()[1:] == [
        "weight  2 ± 0.001  2.0010001     NO",
        "error      <= 0.1        nan     NO",
    ]
    assert ran.err == (
        "textkit: error: the claim of a-bent-line does not hold: weight (expected 2 ± 0.001, reached "
        "2.0010001), error (expected <= 0.1, reached nan)\n"
    )
    said = textkit("chapter", "run", "a-bent-line", "--json")
    assert (said.status, said.err.count("\n")) == (1, 3)
    record = json.loads(said.out)
    assert (record["chapter"], record["seed"], record["holds"]) == ("a-bent-line", 1, False)
    weight = {"name": "weight", "relation": "=", "expected": 2.0, "tolerance": 0.001, "reached": 2.0010001}
    error = {"name": "error", "relation": "<=", "expected": 0.1, "tolerance": 0.0, "reached": None}
    assert record["facts"] == [weight | {"holds": False}, error | {"holds": False}]


def test_all_goes_on_after_a_failure(textkit: Textkit, make: Callable[..., None], tmp_path: Path) -> None:
    make("a-bent-line", "wrong", "count", "total", "a-line")
    table = tmp_path / "t.csv"
    table.write_text("x\n1.5\n0.5\n")
    ran = textkit("chapter", "run", "--all", "--data", f"total={table}")
    assert ran.status == 1
    assert [line.split()[::3] for line in ran.out.splitlines() if line[:1].strip()] == [
        ["a-bent-line"], ["wrong"], ["count"], ["total"], ["a-line"]
    ]  # fmt: skip
    assert ran.out.count(" NO\n") == 2
    assert ran.out.count(" yes\n") == 4
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["wrong", "failed"] in rows
    assert ["count", "skipped"] in rows
    lines = ran.err.splitlines()
    assert sum(line.startswith("textkit: count: skipped: this chapter needs images: ") for line in lines) == 1
    assert lines[-2].startswith("textkit: 2 of 4 chapters hold, ")
    assert lines[-2].endswith("; skipped for want of data: count")
    assert lines[-1].startswith("textkit: error: the claim of a-bent-line does not hold: weight (")
    assert "; wrong failed: RuntimeError: chapter wrong gives ['wait'], where its card has ['er" in lines[-1]
    said = textkit("chapter", "run", "--all", "--json", "-q", "--data", f"total={table}").out
    assert [list(json.loads(line))[1] for line in said.splitlines()] == [
        "title", "failed", "skipped", "title", "title"
    ]  # fmt: skip
    make("a-line", "count")
    assert textkit("chapter", "run", "--all", "-q").status == 0


def test_bad_requests_are_one_line(textkit: Textkit, make: Callable[..., None], tmp_path: Path) -> None:
    make("a-line", "total", "count", "wrong")
    file, table = tmp_path / "file", tmp_path / "t.csv"
    file.write_text("")
    table.write_text("y\n1\n")
    for arguments, status, message in [
        (["show", "a-lime"], 2, "unknown chapter 'a-lime': did you mean 'a-line'? (known: a-line, count, "),
        (["run", "a-lime"], 2, "unknown chapter 'a-lime': did you mean 'a-line'?"),
        (["run", "--all", "--data", f"a-lime={file}"], 2, "unknown chapter 'a-lime': did you mean 'a-line'?"),
        (["run"], 2, "name one chapter to run, or give --all"),
        (["run", "a-line", "--all"], 2, "name one chapter to run, or give --all"),
        (["run", "a-line", "--data", file], 2, f"--data {file}: the chapter a-line reads no data; leave"),
        (["run", "total", "--data", file, "--data", file], 2, "reads one set of data: give --data once"),
        (["run", "--all", "--data", file], 2, f"--data NAME=PATH, not '{file}'"),
        (["run", "total"], 2, "this chapter needs a table: give a CSV file with --data"),
        (["run", "total", "--data", tmp_path / "none.csv"], 1, "none.csv: no such file"),
        (["run", "total", "--data", table], 2, f"{table}: unknown column 'x'"),
        (["run", "a-line", "--plot", file], 2, f"--plot {file}: {file} is no folder that can be written"),
        (["run", "a-line", "--plot", ""], 2, "--plot needs the name of a folder"),
        (["run", "a-line", "--plot", file / "x"], 2, f"{file} is no folder that can be written to"),
        (["run", "a-line", "--seed", -1], 2, "'--seed': Input should be greater than or equal to 0"),
        (["run", "total", "--data", file, "-o", file], 2, f"--output {file} would replace the input"),
        (["run", "wrong"], 1, "internal error: RuntimeError: chapter wrong gives ['wait']"),
    ]:
        ran = (
            textkit("chapter", *arguments, "-q") if arguments[0] == "run" else textkit("chapter", *arguments)
        )
        assert (ran.status, ran.out) == (status, ""), ran
        assert message in ran.err
        assert ran.err.count("\n") == 1


def test_runs_can_be_repeated_and_leave_torch_as_it_was(make: Callable[..., None]) -> None:
    make("random")
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        reached = [run_chapter("random", Study(seed)).reached["weight"] for seed in (3, 3, 4)]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert reached[0] == reached[1] != reached[2]
    assert np.array_equal(torch.get_rng_state(), state)


def test_ctrl_c_is_one_line_and_leaves_no_picture(
    textkit: Textkit, make: Callable[..., None], tmp_path: Path
) -> None:
    make("stopped")
    ran = textkit("chapter", "run", "--all", "-q", "--plot", tmp_path)
    assert ran == (130, "", "textkit: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from textkit_cli.main import main\n"
        "assert main(['chapter', 'list']) == 0\n"
        "print(*[m for m in ('torch', 'sklearn', 'scipy', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == list(CHAPTERS)
    assert lines[-1] == ""


@pytest.mark.slow
def test_the_whole_course(tmp_path: Path) -> None:
    """Every chapter's claim holds, and each draws a picture of its own."""
    command = [
        sys.executable,
        "-m",
        "textkit_cli",
        "chapter",
        "run",
        "--all",
        "--json",
        "--plot",
        str(tmp_path),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    outcomes = [json.loads(each) for each in ran.stdout.splitlines()]
    assert [each["chapter"] for each in outcomes] == list(CHAPTERS)
    assert (ran.returncode, [each for each in outcomes if not each.get("holds", "skipped" in each)]) == (
        0,
        [],
    )
    pictures = [picture for each in outcomes for picture in each.get("pictures", ())]
    assert sorted(pictures) == sorted(map(str, tmp_path.iterdir()))
    assert all(each.get("pictures", "skipped" in each) for each in outcomes)
