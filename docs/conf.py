"""How Sphinx builds this site: `make docs`, or sphinx-build -W -b html docs docs/_build/html."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import textkit

PUBLIC = Path(__file__).parent / "reference" / "public.toml"

project = "textkit"
author = "The textkit developers"
project_copyright = "The textkit developers"
version = release = textkit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
smartquotes = False
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # the course's tables begin below the second level

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True}
autodoc_class_signature = "separated"

html_theme = "furo"
html_title = "textkit"
html_search_language = "zh"  # finds Chinese words, by jieba, and English ones
html_static_path = ["_static"]
html_css_files = ["chinese.css"]
html_copy_source = False
html_show_sourcelink = False


class Public(SphinxDirective):
    """`{public} PAGE`: what public.toml lists for a page of the reference, from its docstrings."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A section for each module."""
        self.env.note_dependency(str(PUBLIC))
        page = tomllib.loads(PUBLIC.read_text(encoding="utf-8"))[self.arguments[0]]
        found: list[nodes.Node] = []
        for module, names in page["modules"].items():
            lines = []
            for name in names:
                kind = "class" if inspect.isclass(getattr(import_module(module), name)) else "function"
                lines += [f".. auto{kind}:: {module}.{name}", ""]
            section = nodes.section(ids=[nodes.make_id(module)], names=[module])
            section += nodes.title(module, "", nodes.literal(module, module))
            section += self.parse_text_to_nodes("\n".join(["```{eval-rst}", *lines, "```"]))
            found.append(section)
        return found


def plain(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings are plain text with code between single backquotes, not reStructuredText."""
    shown: list[str] = []
    table = example = False
    for line in lines:
        example = ">>>" in line or (example and bool(line.strip()))
        if example:
            shown.append(line)
            continue
        row = re.sub(r"^(\w+):(?=\s\s)", r":\1:", line)  # of a table of attributes
        if (row != line) != table and not line.startswith(" "):
            table = not table
            shown.append("")
        parts = re.split(r"(`[^`]+`)", row)
        escaped = (p if p.startswith("`") else re.sub(r"([*|_\\])", r"\\\1", p) for p in parts)
        shown.append("".join(f"`{p}`" if p.startswith("`") else p for p in escaped))
    lines[:] = shown


def say_why(_app: Any, page: str, content: list[str]) -> None:
    """A comment above a block says why no test runs it; readers of the site see that too."""
    shown = r"*测试不运行：\1。*" if page.startswith("zh/") else r"*Not run by the tests: \1.*"
    content[0] = re.sub(r"^<!-- not run: (.+) -->$", shown, content[0], flags=re.MULTILINE)


def setup(app: Any) -> None:
    """What Sphinx calls."""
    app.add_directive("public", Public)
    app.connect("source-read", say_why)
    app.connect("autodoc-process-docstring", plain)
