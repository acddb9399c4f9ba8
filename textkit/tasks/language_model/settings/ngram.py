"""What is for n-gram models alone."""

from __future__ import annotations

from pydantic import BaseModel, Field


class NgramSettings(BaseModel):
    """Order, smoothing and what is left out."""

    order: int = Field(default=5, ge=1, le=16, description="n-gram: its words.")
    smoothing: str = Field(
        default="modified-kneser-ney",
        description="n-gram: mle, add-k, jelinek-mercer, witten-bell, absolute, kneser-ney, "
        "modified-kneser-ney, good-turing, katz, stupid-backoff.",
    )
    smoothing_value: float | None = Field(
        default=None,
        description="n-gram: k of add-k, weight of jelinek-mercer, discount, highest count katz discounts, "
        "alpha of stupid-backoff.",
    )
    prune: tuple[int, ...] = Field(
        default=(),
        description="n-gram: leave out what was counted at most so often, a number an order, as 0 0 1; the "
        "last is for all higher orders too.",
    )
    limit_vocab: str | None = Field(
        default=None,
        description="n-gram: a file of words (with unit char a character a line); n-grams with others are "
        "counted but not kept.",
    )
