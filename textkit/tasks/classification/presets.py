"""What each preset says of settings that go together; what is said besides overrides it."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "linear": {},
    "fast": {"characters": 0, "buckets": 2**18},
    # The sentiment chapter of the course's book: plain Adam, ten passes.
    "book": {
        "clean": "sentiment",
        "hidden": 10,
        "dropout": 0.0,
        "min_count": 1,
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "epochs": 10,
    },
    "textcnn": {"learning_rate": 0.001, "embedding": 64, "hidden": 64, "label_smoothing": 0.1},
    "bigru": {"learning_rate": 0.001, "hidden": 64},
    "lstm": {"learning_rate": 0.001, "hidden": 64},
    "embedding-bag": {},
}
