"""The course's table, from course.toml: a section of docs/course.md, and the notebook 00_contents.

The page also shows chapters.txt, which is what this printed, DATA being the folder of the idx files:

    textkit chapter run --all --data digits-cnn=DATA -o notebooks/course/chapters.txt

A developer's script, no part of the package; `make notebooks` runs it.
"""

from __future__ import annotations

import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
COURSE = Path(__file__).with_name("course.toml")
REACHED = Path(__file__).with_name("chapters.txt")
PAGE = ROOT / "docs" / "course.md"
INDEX = "00_contents"
BEGIN = "<!-- the course: written by `make notebooks` from notebooks/course/course.toml -->"
END = "<!-- the course: end -->"

HEAD = """---
jupyter:
  jupytext:
    formats: ipynb,py:percent
    text_representation:
      extension: .py
      format_name: percent
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---"""
FIRST = """# 0 · The course · 课程目录

Each notebook is short and calls the library; the commands show the same from a shell.

每个笔记本都很短，只调用本库；同样的内容也可以用命令行重现。
"""
LAST = """## Chapters · 章节

`textkit chapter run NAME` trains, draws, and says whether the chapter's claim holds.

`textkit chapter run NAME` 训练、作图，并检验该章的结论是否成立。"""
CODE = r"""from textkit.tasks.chapters import CHAPTERS, load_chapter

cards = {name: load_chapter(name).CARD for name in CHAPTERS}
print("\n".join(f"{name:22} {card.title} · {card.title_zh}" for name, card in cards.items()))"""


@dataclass(frozen=True)
class Row:
    """One system of the course: where it is, what tests it, and how a reader sees it work."""

    name: str
    name_zh: str
    modules: list[str]
    tests: list[str]
    commands: list[str]
    notebooks: list[str]


@dataclass(frozen=True)
class Part:
    """A part of the course."""

    name: str
    name_zh: str
    rows: list[Row]


@dataclass(frozen=True)
class Course:
    """The parts, and the notebooks in order: their names, and their titles in Chinese."""

    parts: list[Part]
    notebooks: dict[str, str]


def read_course(path: Path = COURSE) -> Course:
    """What course.toml says; a TypeError for a row that lacks something."""
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    parts = [
        Part(part["name"], part["name_zh"], [Row(**row) for row in part["row"]]) for part in read["part"]
    ]
    return Course(parts, read["notebooks"])


def page_section(course: Course) -> str:
    """The tables for the page, markers included."""
    count = sum(len(part.rows) for part in course.parts)
    lines = [
        BEGIN,
        "<details>",
        f"<summary>The {count} systems of the course: module, test, command</summary>",
    ]
    for part in course.parts:
        lines += [
            "",
            f"**{part.name}**",
            "",
            "| system | module | test | command |",
            "| --- | --- | --- | --- |",
        ]
        for row in part.rows:
            cells = (_linked(row), _code(row.modules), _code(row.tests), _code(row.commands))
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "</details>", "<details>", "<summary>What each chapter expects and reached</summary>", ""]
    return "\n".join([*lines, "```text", *reached(), "```", "", "</details>", END])


def reached() -> list[str]:
    """The lines of chapters.txt."""
    return REACHED.read_text(encoding="utf-8").splitlines()


def _linked(row: Row) -> str:
    return f"[{row.name}](../notebooks/{row.notebooks[0]}.ipynb)"


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names).replace("|", "\\|")


def with_section(page: str, section: str) -> str:
    """The page with `section` between its markers; a ValueError where it has none."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"docs/course.md needs two lines: {BEGIN} and {END}")
    return before + section + after


def title_of(notebook: str) -> str:
    """The title that a notebook gives itself, without its number."""
    text = (NOTEBOOKS / f"{notebook}.py").read_text(encoding="utf-8")
    heading = next(line for line in text.splitlines() if line.startswith("# # "))
    return heading.removeprefix("# # ").partition(" · ")[2]


def index_notebook(course: Course) -> str:
    """The index notebook as jupytext's percent format has it."""
    titles = [
        f"{int(name[:2])}. [{title_of(name)}]({name}.ipynb) · {title}"
        for name, title in course.notebooks.items()
        if name != INDEX
    ]
    cells = [[*FIRST.splitlines(), "", *_wrapped(titles)]]
    for part in course.parts:
        items = []
        for row in part.rows:
            links = ", ".join(f"[{name[:2]}]({name}.ipynb)" for name in row.notebooks)
            items.append(f"- {row.name} · {row.name_zh}: {links}, {_code(row.commands)}")
        cells.append([f"## {part.name} · {part.name_zh}", "", *_wrapped(items)])
    cells.append(LAST.splitlines())
    blocks = [_commented(HEAD.splitlines())]
    blocks += ["\n".join(["# %% [markdown]", _commented(cell)]) for cell in cells]
    return "\n\n".join([*blocks, f"# %%\n{CODE}"]) + "\n"


def _wrapped(items: list[str]) -> list[str]:
    """Items of a list; what goes on in the next line is indented."""
    width = 88  # of characters, of which some are twice as wide
    return [
        line
        for item in items
        for line in textwrap.wrap(
            item, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    ]


def _commented(lines: list[str]) -> str:
    return "\n".join(f"# {line}".rstrip() for line in lines)


def main() -> None:
    """Write the page's section and the index notebook."""
    course = read_course()
    text = with_section(PAGE.read_text(encoding="utf-8"), page_section(course))
    index = index_notebook(course)
    PAGE.write_text(text, encoding="utf-8")
    (NOTEBOOKS / f"{INDEX}.py").write_text(index, encoding="utf-8")


if __name__ == "__main__":
    main()
