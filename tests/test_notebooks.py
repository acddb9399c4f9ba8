"""Every notebook runs from top to bottom, and its two files tell the same."""

from __future__ import annotations

import multiprocessing
import runpy
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
LONG = {
    "02_language_model",
    "05_rnn_from_scratch",
    "06_gru_and_lstm",
    "07_modern_recipe",
    "08_chinese_sentiment",
    "09_explanation_and_attack",
    "10_slot_filling",
    "11_seq2seq_and_attention",
}
TIMEOUT = 600  # seconds

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


@pytest.fixture(scope="module")
def warm() -> ForkServerContext:
    """Processes that have imported what takes longest; every notebook would wait seconds for it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "matplotlib.pyplot", "IPython.display"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "agg")  # plt.show() would wait until somebody closes the window
        forkserver.ensure_running()
    return context


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.stem not in LONG], ids=lambda path: path.stem
)
def test_script_runs(
    path: Path, warm: ForkServerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    process = warm.Process(target=runpy.run_path, args=(str(path),))
    process.start()
    process.join(TIMEOUT)
    process.kill()
    process.join()
    assert process.exitcode == 0


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::Warning")
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    import jupytext
    from nbclient import NotebookClient

    NotebookClient(jupytext.read(path), timeout=TIMEOUT, resources={"metadata": {"path": tmp_path}}).execute()
