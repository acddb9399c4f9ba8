"""What every test shares."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# One thread: the networks here are tiny, and threads that wait for each other cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the commands they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SOURCE = ["der kleine hund sass auf der matte", "eine katze lief", "der hund sah die katze"]
TARGET = ["the small dog sat on the mat", "a cat ran", "the dog saw the cat"]
KINDS: dict[str, dict[str, Any]] = {
    "transformer": {"preset": "transformer-tiny", "heads": 2, "feed_forward": 24},
    "gru": {"preset": "rnn"},
}

MakeTranslator = Callable[..., Path]


@pytest.fixture(scope="session")
def make_translator() -> MakeTranslator:
    """A function: a path and a kind, to the run of a translator that was never trained, of plain words."""

    def make(path: Path, kind: str = "transformer", *, seed: int = 0, **settings: Any) -> Path:
        import torch

        from textkit.lm.language_model import SPECIALS
        from textkit.tasks.translation.config import TranslatorConfig
        from textkit.tasks.translation.network import make_network
        from textkit.tasks.translation.sides import Sides
        from textkit.text.pipeline import Pipeline
        from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
        from textkit.text.vocab import Vocab
        from textkit.train.checkpoint import RunFolder
        from textkit.train.weights import arrays

        small = {"width": 16, "layers": 2, "joint": False, "tokenizer": "whitespace"}
        config = TranslatorConfig.model_validate(KINDS[kind] | small | settings)
        pipeline = Pipeline.of(WhitespaceTokenizer())
        source, target = (
            Vocab.build((line.split() for line in lines), specials=SPECIALS) for lines in (SOURCE, TARGET)
        )
        sides = Sides(pipeline, pipeline, source, target)
        run = RunFolder.create(
            path, kind="translator", config=config.toml(), pipeline=pipeline, vocab=target, fill=sides.save
        )
        generator = torch.Generator().manual_seed(seed)
        network: Any = make_network(config, source_size=len(source), target_size=len(target))
        with torch.no_grad():
            for weight in network.parameters():
                weight.normal_(std=0.4, generator=generator)
        run.save("best", arrays(network), step=3, info={})
        return path

    return make


@pytest.fixture
def curves() -> None:
    """Asked for by a test that looks at the curve of a training."""


@pytest.fixture(autouse=True)
def _no_curves(request: pytest.FixtureRequest) -> Iterator[None]:
    """For other tests none is drawn: that takes longer than to train a tiny network."""
    trainer = sys.modules.get("textkit.train.trainer")  # not imported for this: it brings torch along
    if trainer is None or "curves" in request.fixturenames:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "draw_curve", lambda *_log, **_measure: None)
        yield


# No deadline: the first call of a tokenizer loads its library. Half of Hypothesis's examples, for time:
# every run draws others, and --hypothesis-profile default asks for all.
settings.register_profile("unhurried", deadline=None, max_examples=50)
settings.load_profile("unhurried")
