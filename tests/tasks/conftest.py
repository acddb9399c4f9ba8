"""Runs of networks that were never trained: enough to score, compare, describe and export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

LINES = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 8
SMALL = {"embedding": 8, "hidden": 8, "layers": 2, "min_count": 1}

MakeRun = Callable[..., Path]


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
