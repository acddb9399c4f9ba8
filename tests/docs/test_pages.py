"""Every command and every snippet of the documentation runs, and prints what stands there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from documented.blocks import Block, blocks, commands, load
from documented.page import Ran, available, run_page
from documented.shell import Shell

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
if not DOCS.exists():
    pytest.skip(
        "the documentation is not beside these tests (a wheel does not hold it)", allow_module_level=True
    )

GUIDES = sorted((DOCS / "guide").glob("*.md"))
CHINESE = sorted((DOCS / "zh").glob("*.md"))
TOP = [ROOT / name for name in ("README.md", "SECURITY.md", "RELIABILITY.md")]
ALL = [path for path in [*sorted(DOCS.rglob("*.md")), *TOP] if path.exists() and "_build" not in path.parts]
# A Chinese page with an English twin has the same blocks, which a test below holds, and needs no second run.
TWINS = {path for path in CHINESE if (DOCS / "guide" / path.name).exists()}
ONCE = [path for path in ALL if path not in TWINS]
RUN = [path for path in ONCE if {"console", "python"} & {block.language for block in load(path)}]

SHOWN = {"text", "toml", "json", "bibtex"}  # never run: what a program reads or prints
DIRECTIVES = {"{toctree}", "{public}"}
MOST = {"not run": 14, "roughly": 10, "generated": 4}
MOST_ELIDED = 25
ELIDED = re.compile(r"(?<!#)(?:\.\.\.|…)")  # but digests, which depend on versions


def name(path: Path) -> str:
    """How a page is called in reports."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", RUN, ids=name)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, curves: None) -> None:
    problems = []
    for ran in run_page(name(page), load(page), tmp_path):
        place = f"{name(page)}:{ran.line}: {ran.what}"
        if ran.status:
            problems.append(f"{place}\n  exit status {ran.status}\n{ran.printed}")
        elif not ran.as_written:
            problems.append(f"{place}\n--- the page says\n{ran.expected}--- it printed\n{ran.printed}")
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize("page", sorted(TWINS), ids=name)
def test_a_chinese_page_has_the_same_commands(page: Path) -> None:
    english = load(DOCS / "guide" / page.name)
    assert _content(load(page)) == _content(english), "run: python tests/docs/fill.py docs/guide/*.md"


def _content(found: list[Block]) -> list[tuple[str, str, str, str]]:
    reasons = ("not run", "roughly", "generated")
    values = [("" if block.comment in reasons else block.value) for block in found]
    return [(b.language, b.text, b.comment, value) for b, value in zip(found, values, strict=True)]


def test_every_guide_has_a_chinese_page() -> None:
    assert [path.name for path in CHINESE if path.name != "index.md"] == [path.name for path in GUIDES]


def test_no_block_is_of_a_kind_that_nothing_runs() -> None:
    known = SHOWN | DIRECTIVES | {"console", "python"}
    pages = [path for path in ALL if path not in TOP[1:]]  # what stands in docs/ and in the README
    kinds = [(f"{name(path)}:{block.line}", block.language) for path in pages for block in load(path)]
    assert [kind for kind in kinds if kind[1] not in known] == []


def test_not_much_is_left_out() -> None:
    shown = [block for path in ONCE for block in load(path)]
    counts = Counter(block.comment for block in shown)
    assert {kind: counts[kind] for kind, most in MOST.items() if counts[kind] > most} == {}
    printed = [command.expected for b in shown if b.language == "console" for command in commands(b)]
    assert sum(len(ELIDED.findall(text)) for text in printed) <= MOST_ELIDED
    needed = {block.value for block in shown if not available(block)}
    assert needed <= {"kenlm"}, "a peer that is among our own requirements is missing"


def test_a_page_that_lies_is_found_out(tmp_path: Path) -> None:
    page = (
        "```console\n$ echo 'a b' | textkit tokenize\na c\n$ textkit tokenise\n```\n\n"
        "```python\nprint(1)\n```\n\n```text\n2\n```\n"
    )
    ran = list(run_page("page", list(blocks(page)), tmp_path))
    assert [each.as_written for each in ran] == [False, False, False]
    assert [each.status for each in ran] == [0, 2, 0]
    assert [each.line for each in ran] == [2, 4, 7]


def test_what_a_network_prints_is_held_to_its_form() -> None:
    printed = "step 5: BLEU 3\nin 0.2 min\n"
    assert Ran("x", 1, "step 4: BLEU 100.00\nin ...\n", printed, comment="roughly").as_written
    assert not Ran("x", 1, "step 4: F1 100.00\nin ...\n", printed, comment="roughly").as_written
    assert not Ran("x", 1, "step 4: BLEU 100.00\nin ...\n", printed).as_written
    assert Ran("x", 1, "the old cat\nsat\n", printed, comment="generated").as_written
    assert not Ran("x", 1, "the old cat\n", printed, comment="generated").as_written


def test_the_shell_pipes_and_substitutes(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    before = Path.cwd()
    assert shell.run("printf 'b\\na\\n' | sort > sorted.txt") == ""
    assert (tmp_path / "sorted.txt").read_text() == "a\nb\n"
    assert shell.run("wc -l < sorted.txt").strip() == "2"
    assert shell.run("basename $(textkit corpora path prose-en)") == "prose-en\n"
    assert shell.run("textkit --no-such-option").startswith("textkit: error: ")
    assert shell.run("echo $?") == "2\n"
    assert Path.cwd() == before
    with pytest.raises(ValueError, match="has no &&"):
        shell.run("true && false")
