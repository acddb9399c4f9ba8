"""A network as an ONNX file: onnxruntime gives what the model gives, step by step, for any number of rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import TextkitError, UsageError
from textkit.tasks.language_model import load_model, onnx_export
from textkit.tasks.language_model.onnx_export import export_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

Make = Callable[..., Path]

KINDS = [
    ("gru", {"backend": "scratch"}),
    ("lstm", {"tied": False, "hidden": 12}),
    ("transformer", {"heads": 2, "steps": 9}),
    pytest.param(
        "transformer", {"heads": 2, "steps": 8, "positions": "learned", "tied": False}, marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_onnxruntime_gives_what_the_model_gives(
    kind: str, settings: dict[str, Any], make_run: Make, tmp_path: Path
) -> None:
    run, path = make_run("run", kind, **settings), tmp_path / "model.onnx"
    assert export_onnx(run, path) < 1e-5
    onnx.checker.check_model(onnx.load(path))
    model = load_model(run).model
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["vocabulary"]) == list(model.vocab.tokens)
    assert said["kind"] == kind
    assert "Tokenizer" in said["pipeline"]
    assert said.get("context") == (str(settings["steps"]) if kind == "transformer" else None)
    names = [value.name for value in session.get_inputs()]
    assert names == ["ids", *(f"state_{i}" for i in range(len(names) - 1))]
    for value in (*session.get_inputs(), *session.get_outputs()):
        assert value.shape[0] == "rows"
    if kind == "transformer":
        assert session.get_inputs()[0].shape == ["rows"]
        assert session.get_inputs()[1].shape == ["rows", "steps"]
        assert session.get_inputs()[2].shape == ["rows", 2, "steps", 4]
        assert session.get_outputs()[2].shape == ["rows", 2, "steps + 1", 4]
    for rows in (1, 4):
        _follow(session, model, json.loads(said["state"]), rows=rows, context=int(said.get("context", 10**9)))


def _follow(session: Any, model: Any, shapes: list[list[int]], *, rows: int, context: int) -> None:
    """One step after the other, as the metadata says, beside the model."""
    types = {value.name: np.int64 if "int64" in value.type else np.float32 for value in session.get_inputs()}
    empty = [np.zeros([rows, *shape[1:]], types[f"state_{i}"]) for i, shape in enumerate(shapes)]

    def step(column: np.ndarray, state: list[np.ndarray]) -> list[np.ndarray]:
        feed = {"ids": np.ascontiguousarray(column)} | {f"state_{i}": part for i, part in enumerate(state)}
        return session.run(None, feed)

    state, ours = empty, model.start(rows)
    for column in np.random.default_rng(1).integers(0, len(model.vocab), (25, rows)):
        if state[0].shape[1] == context:
            state, seen = empty, state[0]
            for again in seen[:, -(context // 2) :].T:
                _, *state = step(again, state)
        log_probs, *state = step(column, state)
        expected, ours = model.step(torch.from_numpy(column), ours)
        np.testing.assert_allclose(log_probs, expected.numpy(), atol=1e-5)
        np.testing.assert_allclose(np.exp(log_probs).sum(1), 1, atol=1e-5)


def test_a_file_that_disagrees_is_not_written(
    make_run: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    monkeypatch.setattr(onnx_export, "_run", lambda *arguments: _off(*arguments))
    with pytest.raises(TextkitError, match=r"model.onnx: not written: its log probabilities differ from the"):
        export_onnx(make_run("run", "rnn", layers=1), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


_plain = onnx_export._run


def _off(*arguments: Any) -> list[np.ndarray]:
    log_probs, *state = _plain(*arguments)
    return [log_probs + 0.5, *state]


def test_what_cannot_be_exported_is_said(
    make_ngrams: Make, make_run: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="ngrams: only networks become ONNX files; write an n-gram model as"):
        export_onnx(make_ngrams("ngrams"), tmp_path / "model.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(
        UsageError, match=r"ONNX files need the package onnxscript: pip install 'textkit-nlp\[onnx\]'"
    ):
        export_onnx(make_run("run"), tmp_path / "model.onnx")
