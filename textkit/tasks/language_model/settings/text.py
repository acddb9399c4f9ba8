"""What is predicted: cleaning, tokens and the vocabulary."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

Unit = Literal["word", "char", "subword"]
SubwordType = Literal["unigram", "bpe"]

SUBWORD_ONLY = ("pieces", "subword_type")
WORD_ONLY = ("tokenizer", "tokenizer_options")


class TextSettings(BaseModel):
    """From lines to ids."""

    unit: Unit = Field(default="word", description="What is predicted.")
    tokenizer: str = Field(
        default="",
        description="How words are found: whitespace (if not said, at ASCII blanks alone), characters, "
        "jieba, nltk, regex, spacy, sentencepiece.",
    )
    tokenizer_options: dict[str, JsonValue] = Field(default={}, description="Options of the tokenizer.")
    clean: str = Field(default="none", description="Cleaning first: none, basic, web, zh, en, sentiment.")
    min_count: int = Field(
        default=0, ge=0, description="Rarer tokens are unknown words; 0: 1 for n-grams, 2 for networks."
    )
    max_vocab: int | None = Field(default=None, ge=2, description="Keep the most frequent tokens only.")
    pieces: int = Field(default=4000, ge=8, description="Size of the subword model that is trained.")
    subword_type: SubwordType = Field(default="unigram", description="Kind of subword model.")
