"""From texts to tokens."""

from __future__ import annotations

from pydantic import BaseModel, Field, JsonValue


class TextSettings(BaseModel):
    """Cleaning and tokenizing; both become part of the run."""

    tokenizer: str = Field(
        default="jieba",
        description="How words are found: jieba, whitespace, characters, nltk, regex, spacy, sentencepiece.",
    )
    tokenizer_options: dict[str, JsonValue] = Field(default={}, description="Options of the tokenizer.")
    clean: str = Field(default="zh", description="Cleaning first: none, basic, web, zh, en, sentiment.")
