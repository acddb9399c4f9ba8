"""Which classifier, and what everything else depends on."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

PresetName = Literal["linear", "fast", "book", "textcnn", "bigru", "lstm", "embedding-bag"]
LINEAR = ("linear", "fast")
CLASS_WEIGHTS = Literal["none", "balanced"]


class RunSettings(BaseModel):
    """The preset, and how the classes count."""

    preset: PresetName = Field(
        default="linear",
        description="Kind of classifier. linear: the most accurate in seconds; fast: hashed features; book: "
        "bag of words and one hidden layer; textcnn, bigru, lstm, embedding-bag: networks.",
    )
    seed: int = Field(default=1, ge=0, lt=2**63, description="Same seed, same classifier.")
    class_weight: CLASS_WEIGHTS = Field(
        default="none", description="balanced: every class counts as much, however rare it is."
    )
    dev_fraction: float = Field(
        default=0.1, gt=0, lt=1, description="Part of the texts, held out without --dev (networks)."
    )
