"""Which model, from which recipe."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from textkit.tasks.language_model.recipes import RecipeName

ModelName = Literal["ngram", "rnn", "gru", "lstm", "transformer"]


class RunSettings(BaseModel):
    """What everything else depends on."""

    model: ModelName = Field(default="ngram", description="Kind of model.")
    recipe: RecipeName = Field(
        default="default",
        description="Networks: settings that go together; what is said besides overrides them. course: the "
        "deep-learning course's characters; example: PyTorch's word_language_model; awd: AWD-LSTM.",
    )
    seed: int = Field(default=1, ge=0, lt=2**63, description="Same seed, same model.")
