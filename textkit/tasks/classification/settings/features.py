"""What a linear classifier looks at, and how strongly it fits."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FeatureSettings(BaseModel):
    """n-grams of words and of characters."""

    words: int = Field(default=2, ge=0, le=5, description="Longest n-grams of words; 0: none.")
    characters: int = Field(default=3, ge=0, le=6, description="Longest n-grams of characters; 0: none.")
    min_df: int | None = Field(
        default=None,
        ge=1,
        description="Leave out what fewer texts have; 1 if not said, and 2 from 5,000 texts on.",
    )
    buckets: int | None = Field(
        default=None, ge=1024, description="Hash n-grams into so many columns instead of keeping them."
    )
    cost: float = Field(default=0.3, gt=0, le=1e6, description="How strongly the classifier fits (C).")
