"""What each preset says of settings that go together; what is said besides overrides it."""

from __future__ import annotations

from typing import Any, Literal

PresetName = Literal["rnn", "transformer-tiny", "transformer-small", "course"]

PRESETS: dict[str, dict[str, Any]] = {
    "rnn": {
        "model": "gru",
        "layers": 1,
        "dropout": 0.3,
        "learning_rate": 0.002,
        "average": 0.99,
        "budget": "15m",
    },
    "transformer-tiny": {
        "layers": 4,
        "feed_forward": 1024,
        "dropout": 0.2,
        "learning_rate": 0.0015,
        "average": 0.99,
        "budget": "15m",
    },
    # The same network for longer.
    "transformer-small": {
        "layers": 4,
        "feed_forward": 1024,
        "dropout": 0.2,
        "learning_rate": 0.0015,
        "warmup": 400,
        "average": 0.99,
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
