"""Every notebook runs from top to bottom, and its two files tell the same."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
LONG = {
    "02_language_model",
    "05_rnn_from_scratch",
    "07_modern_recipe",
    "08_chinese_sentiment",
    "10_slot_filling",
    "11_seq2seq_and_attention",
}

if not NOTEBOOKS:
    pytest.skip(
        "the notebooks are not beside these tests (a wheel does not hold them)", allow_module_level=True
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_its_pair_is_in_step(path: Path) -> None:
    import jupytext
    import nbformat

    pair = (jupytext.read(path), nbformat.read(path.with_suffix(".ipynb"), as_version=4))
    script, notebook = ([cell.source for cell in each.cells] for each in pair)
    assert script == notebook, "run: make notebooks"


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.slow] * (path.stem in LONG)) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)
@pytest.mark.filterwarnings("ignore::Warning")
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    import jupytext
    from nbclient import NotebookClient

    NotebookClient(jupytext.read(path), timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
