"""The site as a whole: links, pictures, the list of commands, what is public; and that it builds."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from textkit.tasks.translation.presets import PRESETS
from textkit_cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
if not DOCS.exists():
    pytest.skip("the documentation is not beside these tests (a wheel has none)", allow_module_level=True)

PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PUBLIC = tomllib.loads((DOCS / "reference" / "public.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_pictures_are_small_and_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in (DOCS / "pictures").iterdir():
        assert picture.stat().st_size < 60_000, picture
        assert f"pictures/{picture.name})" in text, picture


def test_every_command_has_a_row() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`textkit {name} " not in text] == []


@pytest.mark.parametrize(
    "page", ["docs/guide/reproducibility.md", "docs/zh/reproducibility.md", "STABILITY.md"]
)
def test_presets_that_a_time_ends_are_excepted_from_equal_weights(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name, says in PRESETS.items() if ("budget" in says) != (f"`{name}`" in text)] == []


@pytest.mark.parametrize("page", PUBLIC)
def test_what_is_public_is_there_and_described(page: str) -> None:
    assert (DOCS / "reference" / f"{page}.md").exists() == ("title" in PUBLIC[page])
    for module, names in PUBLIC[page]["modules"].items():
        for name in names:
            assert getattr(importlib.import_module(module), name).__doc__, f"{module}.{name}"


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("furo")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d"]
    ran = subprocess.run(
        [*command, str(tmp_path / "trees"), str(DOCS), str(tmp_path / "html")], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "textkit.text.Vocab" in (tmp_path / "html" / "reference" / "text.html").read_text(encoding="utf-8")
    reasons = {"guide": "Not run by the tests: a minute of training.", "zh": "测试不运行：训练要一分钟。"}
    for guide, reason in reasons.items():
        shown = tmp_path / "html" / guide / "translation.html"
        assert f"<em>{reason}</em>" in shown.read_text(encoding="utf-8")
    for page in (tmp_path / "html").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|<link[^>]*href)="https?://', text), f"{page} fetches something"
