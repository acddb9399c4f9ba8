"""The course's table has no gaps: what it names is there, and what is there is named."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from textkit.tasks.chapters import CHAPTERS, load_chapter
from textkit_cli.main import COMMANDS, app

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
SCRIPT = NOTEBOOKS / "course" / "contents.py"

if not SCRIPT.exists():
    pytest.skip("the course is not beside these tests (a wheel does not hold it)", allow_module_level=True)


def load_script() -> Any:
    specification = importlib.util.spec_from_file_location("contents", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["contents"] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


contents = load_script()
COURSE = contents.read_course()
ROWS = [row for part in COURSE.parts for row in part.rows]


def test_every_row_is_complete() -> None:
    sizes = {part.name: len(part.rows) for part in COURSE.parts}
    assert sizes == {
        "Text and data": 9,
        "Language models": 8,
        "Classification and tagging": 6,
        "Translation": 7,
        "Shared model subpackage": 17,
        "Working habits": 3,
    }
    assert len({row.name for row in ROWS}) == len({row.name_zh for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert all((row.name, row.name_zh, row.modules, row.tests, row.commands, row.notebooks)), row


def test_modules_and_tests_exist() -> None:
    for name in sorted({module for row in ROWS for module in row.modules}):
        found = importlib.util.find_spec(name)
        assert found is not None, name
        assert found.origin is not None, name
        assert ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))), name
    tests = {test for row in ROWS for test in row.tests}
    assert [name for name in sorted(tests) if not (ROOT / name).is_file()] == []


def test_the_table_of_facts_is_that_of_the_cards_and_all_hold() -> None:
    shown = [line.split("  ")[0] for line in contents.reached()[1:] if not line.startswith(" ")]
    assert shown == list(CHAPTERS)
    facts = [fact for name in CHAPTERS for fact in load_chapter(name).CARD.facts]
    rows = [line for line in contents.reached()[1:] if line.startswith(" ")]
    assert len(rows) == len(facts)
    for row, fact in zip(rows, facts, strict=True):
        assert row.startswith(f"  {fact.name}  ")
        assert f"  {fact.text}  " in row
        assert row.endswith(" yes")


def test_every_command_is_known() -> None:
    group: Any = typer.main.get_command(app)
    for command in sorted({command for row in ROWS for command in row.commands}):
        program, name, *arguments = command.split()
        assert program == "textkit"
        assert name in COMMANDS, command
        if name in ("chapter", "corpora"):
            assert arguments[0] in group.get_command(None, name).commands, command
            found, arguments = group.get_command(None, name).commands[arguments[0]], arguments[2:]
        else:
            found = group.get_command(None, name)
        known = {flag: option for option in found.params for flag in option.opts}
        for flag, value in zip(arguments[::2], arguments[1::2], strict=True):
            assert flag in known, command
            choices = known[flag].metavar or ""
            assert "|" not in choices or value in choices.split("|"), command


def test_every_chapter_is_listed_once() -> None:
    commands = [command.split() for row in ROWS for command in row.commands]
    listed = [words[3] for words in commands if words[1:3] == ["chapter", "run"]]
    extra = {"numerical-stability"}  # beside the gradients of recurrent networks, too
    assert {name for name in listed if listed.count(name) > 1} <= extra
    assert set(listed) == set(CHAPTERS)


def test_every_notebook_is_listed_and_there() -> None:
    here = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    assert sorted(COURSE.notebooks) == list(COURSE.notebooks) == here
    beside = {contents.INDEX, "30_adapters"}  # no systems of the course
    assert {name for row in ROWS for name in row.notebooks} == set(here) - beside
    for name, title in COURSE.notebooks.items():
        assert (NOTEBOOKS / f"{name}.ipynb").is_file(), name
        assert title, name
        assert contents.title_of(name), name


def test_what_was_written_is_in_step() -> None:
    section = contents.page_section(COURSE)
    page = contents.PAGE.read_text(encoding="utf-8")
    assert page.count(contents.BEGIN) == page.count(contents.END) == 1
    assert contents.with_section(page, section) == page, "run: make notebooks"
    written = (NOTEBOOKS / f"{contents.INDEX}.py").read_text(encoding="utf-8")
    assert written == contents.index_notebook(COURSE), "run: make notebooks"
