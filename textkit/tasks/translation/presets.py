"""What each preset says of settings that go together; what is said besides overrides it."""

from __future__ import annotations

from typing import Any, Literal

PresetName = Literal["rnn", "transformer-tiny", "transformer-small", "course"]

PRESETS: dict[str, dict[str, Any]] = {
    "rnn": {
        "model": "gru",
        "layers": 1,
        "dropout": 0.3,
        "budget": "15m",
    },
    "transformer-tiny": {
        "width": 192,
        "layers": 3,
        "feed_forward": 512,
        "vocab_size": 4000,
        "dropout": 0.15,
        "learning_rate": 0.0025,
        "budget": "15m",
    },
    "transformer-small": {
        "layers": 4,
        "feed_forward": 1024,
        "dropout": 0.2,
        "budget": "60m",
    },
    # The course's translator of 20 French sentences: two layers of 64 units, pairs two at a time.
    "course": {
        "model": "gru",
        "width": 64,
        "layers": 2,
        "bidirectional": False,
        "input_feeding": True,
        "tied": False,
        "tokenizer": "whitespace",
        "joint": False,
        "dropout": 0.1,
        "label_smoothing": 0.0,
        "learning_rate": 0.01,
        "schedule": "constant",
        "warmup": 0,
        "batch_size": 2,
        "dev_fraction": 0.1,
        "epochs": 50,
    },
}
