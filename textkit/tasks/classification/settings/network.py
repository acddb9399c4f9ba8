"""The shape of a network that classifies texts, and its vocabulary."""

from __future__ import annotations

from pydantic import BaseModel, Field

# Who has what not every network has.
ONLY = {
    "embedding": ("textcnn", "bigru", "lstm", "embedding-bag"),
    "hidden": ("book", "textcnn", "bigru", "lstm"),
    "layers": ("bigru", "lstm"),
}


class NetworkSettings(BaseModel):
    """Sizes and dropout."""

    min_count: int = Field(default=2, ge=1, description="Rarer words are unknown.")
    max_vocab: int | None = Field(default=None, ge=2, description="Keep the most frequent words only.")
    max_length: int = Field(default=256, ge=8, description="Words of a text that are read; the rest is cut.")
    embedding: int = Field(default=128, ge=1, description="Width of the word vectors.")
    hidden: int = Field(default=128, ge=1, description="Hidden units; of a TextCNN filters of each width.")
    layers: int = Field(default=1, ge=1, le=8, description="Recurrent layers.")
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Share of units left out in training.")
    dropout_words: float = Field(default=0.0, ge=0, lt=1, description="Share of words left out in training.")
