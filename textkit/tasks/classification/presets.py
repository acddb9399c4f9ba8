"""What each preset says of settings that go together; what is said besides overrides it."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "linear": {},
    "fast": {"characters": 0, "buckets": 2**18},
    "book": {"clean": "sentiment", "hidden": 10, "dropout": 0.0, "min_count": 1, "learning_rate": 0.01},
    "textcnn": {},
    "bigru": {},
    "lstm": {},
    "embedding-bag": {},
}
