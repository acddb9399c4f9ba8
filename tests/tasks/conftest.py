"""Runs of networks that were never trained: enough to score, compare, describe and export. And what makes
two trainings the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

LINES = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 8
SMALL = {"embedding": 8, "hidden": 8, "layers": 2, "min_count": 1}

MakeRun = Callable[..., Path]
TIMES = ("seconds", "validation_seconds", "logged_seconds")  # and what ends in per_second


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A function: a name, a kind of model, settings and lines, to a run folder with random weights."""

    def make(
        name: str, model: str = "lstm", *, lines: Sequence[str] = LINES, scale: float = 0.4, **settings: Any
    ) -> Path:
        import torch

        from textkit.data.interned import InternedText
        from textkit.lm.language_model import language_model_vocab
        from textkit.lm.training_text import training_corpus
        from textkit.tasks.language_model.config import make_config
        from textkit.tasks.language_model.network import make_network
        from textkit.tasks.language_model.prepare import make_pipeline
        from textkit.train.checkpoint import RunFolder
        from textkit.train.weights import arrays

        small = {key: SMALL[key] for key in SMALL if key != "hidden" or model != "transformer"}
        config = make_config({**small, "model": model, **settings})
        pipeline = make_pipeline(config, lines)
        text = InternedText.of(lines, pipeline)
        vocab = language_model_vocab(text.counts(), min_count=config.min_count)
        run = RunFolder.create(
            tmp_path / name,
            kind=model,
            config=config.toml(),
            pipeline=pipeline,
            vocab=vocab,
            fill=lambda run: training_corpus(text, vocab).save(run.path / "data" / "train"),
        )
        torch.manual_seed(0)
        network = make_network(config, vocab)
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=scale)
        run.save("best", arrays(network), step=3, info={"epoch": 1, "valid_loss": 2.5})
        return run.path

    return make


@pytest.fixture
def make_ngrams(tmp_path: Path) -> MakeRun:
    """A function: a name, settings and lines, to a run folder of n-grams."""

    def make(name: str, *, lines: Sequence[str] = LINES, **settings: Any) -> Path:
        from textkit.tasks.language_model import make_config, train

        config = make_config({"model": "ngram", "order": 3, "smoothing": "witten-bell", **settings})
        train(lines, config, out=tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture(scope="session")
def fingerprint() -> Callable[[Path], dict[str, Any]]:
    """A function: the run of a network to all that must be equal in equal trainings, bit for bit."""

    def found(path: Path) -> dict[str, Any]:
        from textkit.train.checkpoint import RunFolder
        from textkit.train.log import Log

        run = RunFolder.open(path)
        return {
            "best": {name: array.tobytes() for name, array in run.arrays("best").items()},
            "last": {name: array.tobytes() for name, array in run.arrays("last").items()},
            "state": frozen(run.state()),
            "results": run.document["results"],
            "log": [frozen(record) for record in Log(path / "log.jsonl").records()],
        }

    return found


def frozen(value: Any) -> Any:
    """Tensors as bytes, without times."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        timeless = (key for key in value if key not in TIMES and not str(key).endswith("per_second"))
        return {key: frozen(value[key]) for key in timeless}
    return [frozen(each) for each in value] if isinstance(value, (list, tuple)) else value


@pytest.fixture(scope="session")
def interrupt_at() -> Callable[..., Any]:
    """A function: steps and a signal to a `watch` that sends it at each of them, once."""

    def watching(steps: set[int], number: int = signal.SIGINT) -> Callable[[Any, int], None]:
        def watch(progress: Any, _steps: int) -> None:
            if progress.step in steps:
                steps.discard(progress.step)
                os.kill(os.getpid(), number)

        return watch

    return watching
