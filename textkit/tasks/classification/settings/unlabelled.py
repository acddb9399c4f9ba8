"""Learning from texts without labels."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

_METHODS = ("self-training", "entropy", "consistency")
# What does nothing unless another setting has one of some values.
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "semi_weight": ("semi", _METHODS),
    "semi_threshold": ("semi", ("self-training",)),
    "semi_rounds": ("semi", _METHODS),
    "semi_ratio": ("semi", _METHODS),
}


class UnlabelledSettings(BaseModel):
    """What unlabelled texts are used for."""

    semi: Literal["none", "self-training", "entropy", "consistency"] = Field(
        default="none", description="What is done with --unlabelled texts."
    )
    semi_weight: float = Field(default=1.0, gt=0, description="What they count beside labelled ones.")
    semi_threshold: float = Field(
        default=0.9, gt=0, le=1, description="self-training: how sure a guess must be to be learnt from."
    )
    semi_rounds: int = Field(default=3, ge=1, description="linear, fast: how often guesses are made anew.")
    semi_ratio: int = Field(
        default=3, ge=1, description="Networks: unlabelled texts of a minibatch for each labelled one."
    )
