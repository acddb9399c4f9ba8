"""What is said of a network's run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model.network_info import describe_network, is_network_run
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log

Make = Callable[..., Path]


@pytest.mark.parametrize(
    ("kind", "settings", "parts"),
    [
        ("lstm", {}, ["embedding", "layers.0", "layers.1", "output"]),
        ("gru", {"tied": False, "hidden": 5, "layers": 1}, ["embedding", "layers.0", "output"]),
        ("transformer", {"heads": 2}, ["blocks.0", "blocks.1", "embedding", "norm", "output"]),
    ],
)
def test_parameters_by_part(kind: str, settings: dict[str, int], parts: list[str], make_run: Make) -> None:
    run = make_run("run", kind, **settings)
    info = describe_network(run)
    network = load_model(run).model.network  # type: ignore[attr-defined]
    assert info.parameters == sum(weight.numel() for weight in network.parameters())
    assert list(info.parts) == parts
    for name, count in info.parts.items():
        assert count == sum(
            weight.numel() for key, weight in network.named_parameters() if key.startswith(f"{name}.")
        )
    assert (info.kind, info.vocabulary) == (kind, 11)


def test_training_files_and_results(make_run: Make) -> None:
    path = make_run("run", learning_rate=0.5)
    info = describe_network(path)
    assert info.training == {
        "epochs": 1, "steps": 3, "best_step": 3, "best_valid_loss": 2.5,
        "best_valid_perplexity": pytest.approx(12.1825, abs=1e-4),
    }  # fmt: skip
    assert (info.results, info.notes) == ({}, ())
    log = Log(path / "log.jsonl")
    log.write({"step": 2, "loss": 3.0, "tokens_per_second": 100.0, "seconds": 1.0})
    log.write({"step": 4, "loss": 2.0, "tokens_per_second": 300.0, "seconds": 2.0})
    run = RunFolder.open(path)
    run.record("results", {"test": {"perplexity": 7.5, "bits_per_character": 1.5}})
    run.record("notes", ["a note"])
    info = describe_network(path)
    assert (info.training["seconds"], info.training["tokens_per_second"]) == (2.0, 200.0)
    assert info.results["test"]["perplexity"] == 7.5
    assert info.notes == ("a note",)
    assert info.settings["learning_rate"] == 0.5
    assert "weight_drop" in info.settings
    assert "heads" not in info.settings
    assert info.files["config.toml"] == (path / "config.toml").stat().st_size
    assert {"data/train/ids.i32", "log.jsonl", "manifest.json"} <= info.files.keys()
    assert info.signature == RunFolder.open(path).document["signature"]
    assert json.loads(json.dumps(info.as_dict()))["training"]["steps"] == 3


def test_other_things_are_told_apart(make_run: Make, make_ngrams: Make, tmp_path: Path) -> None:
    run, ngrams = make_run("run"), make_ngrams("ngrams")
    assert is_network_run(run)
    assert not is_network_run(ngrams)
    assert not is_network_run(tmp_path / "none")
    with pytest.raises(UsageError, match="ngrams: an n-gram model; this is for networks"):
        describe_network(ngrams)
    weights = next(run.glob("best-*"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="damaged: checksum differs"):
        describe_network(run)


def test_torch_is_not_needed(make_run: Make) -> None:
    code = (
        "import sys; from textkit.tasks.language_model.network_info import describe_network;"
        "describe_network(sys.argv[1]); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(make_run("run"))], check=True)
