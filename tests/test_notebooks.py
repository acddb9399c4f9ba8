"""Every notebook runs from top to bottom, and its two files tell the same."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))

if not NOTEBOOKS:
    pytest.skip(
        "the notebooks are not beside these tests (a wheel does not hold them)", allow_module_level=True
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_notebook_runs_and_its_pair_is_in_step(path: Path, tmp_path: Path) -> None:
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    source = jupytext.read(path)
    pair = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    cells = [[cell.source for cell in notebook.cells] for notebook in (source, pair)]
    assert cells[0] == cells[1], "run: make notebooks"
    NotebookClient(source, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
