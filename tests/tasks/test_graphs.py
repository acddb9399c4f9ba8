"""Graphs of runs of every kind, and what cannot be one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.graphs import draw_run, export_run

Make = Callable[..., Path]


def names(svg: str) -> list[str]:
    return re.findall(r'<g class="node"><title>(.*?)</title>', svg)


@pytest.mark.parametrize(
    ("kind", "settings"), [("lstm", {}), ("gru", {"backend": "scratch"}), ("transformer", {"heads": 2})]
)
def test_language_models(kind: str, settings: dict[str, Any], make_run: Make) -> None:
    svg = draw_run(make_run("run", kind, **settings))
    assert names(svg)[0] == "ids"
    assert names(svg)[-1] == "result"
    assert any(name.startswith("network.embedding") for name in names(svg))
    assert names(draw_run(make_run("again", kind, **settings), depth=0)) == ["ids", "network", "result"]


def test_translators(make_translator: Make, tmp_path: Path) -> None:
    svg = draw_run(make_translator(tmp_path / "run"), depth=2)
    assert names(svg)[:3] == ["source", "target", "network.source_embedding"] or "source" in names(svg)
    assert names(svg)[-1] == "result"
    with pytest.raises(UsageError, match=r"a translator decodes in a loop, which is no graph: use textkit"):
        export_run(tmp_path / "run", tmp_path / "run.onnx")


def test_what_has_no_graph(make_ngrams: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an n-gram model is tables and no network"):
        draw_run(make_ngrams("ngrams"))
    with pytest.raises(UsageError, match="only networks become ONNX files"):
        export_run(tmp_path / "ngrams", tmp_path / "model.onnx")
    with pytest.raises(CheckpointError, match="not a textkit run"):
        draw_run(tmp_path / "nothing")
