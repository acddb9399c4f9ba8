"""Every setting of a tagger, typed; a TOML file and the command line speak the same names."""

from __future__ import annotations

from typing import ClassVar, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

# A word or number with the marks inside it (I've, 3.50, 2nd, 9:30), a Han character, or another mark.
WORDS = r"[^\W\p{Han}]+(?:['’.,:-][^\W\p{Han}]+)*|\p{Han}|[^\w\s]"


class TaggerConfig(BaseModel):
    """The settings of one tagger. Unknown names and values out of range are errors.

    >>> TaggerConfig(output_layer="softmax").layers
    1
    >>> TaggerConfig(tokenizer="jieba").tokenizer_options
    {}
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: Literal["rnn", "gru", "lstm"] = Field(default="lstm", description="Cells, read from both ends.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Same seed, same tagger.")
    output_layer: Literal["crf", "softmax"] = Field(
        default="crf", description="crf: whole paths of tags are scored; softmax: each tag alone."
    )
    constrained: bool = Field(
        default=True, description="Find only tags that spell spans: I-x only after B-x or I-x."
    )
    tokenizer: str = Field(
        default="regex",
        description="How words are found in text that is to be tagged: regex, jieba, whitespace, characters, "
        "nltk, spacy, sentencepiece. They should be those of the training data.",
    )
    tokenizer_options: dict[str, JsonValue] = Field(default={}, description="Options of the tokenizer.")
    clean: str = Field(default="none", description="Cleaning first: none, basic, web, zh, en, sentiment.")
    min_count: int = Field(default=1, ge=1, description="Rarer words, in lower case, are unknown.")
    max_vocab: int | None = Field(default=None, ge=2, description="Keep the most frequent words only.")
    embedding: int = Field(default=64, ge=1, description="Width of the word vectors.")
    letters: int = Field(
        default=32,
        ge=0,
        description="Width of what a word's letters add to its vector; 0: they are not read.",
    )
    hidden: int = Field(default=96, ge=1, description="Width of the hidden state of a direction.")
    layers: int = Field(default=1, ge=1, le=8, description="Recurrent layers.")
    backend: Literal["torch", "scratch"] = Field(
        default="torch", description="torch's layers, or the cells written out gate by gate."
    )
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Share of activations dropped in training.")
    rarity: float = Field(
        default=10.0,
        ge=0,
        le=1e6,
        description="A: a word seen n times is taken for unknown in training with the chance A / (A + n).",
    )
    epochs: int = Field(default=30, ge=1, description="Passes over the sentences, at most.")
    batch_size: int = Field(default=32, ge=1, description="Sentences of a minibatch.")
    learning_rate: float = Field(default=0.005, gt=0, le=1e6, description="How far weights move (AdamW).")
    weight_decay: float = Field(default=0.01, ge=0, le=1e3, description="How strongly they shrink.")
    decay: float = Field(
        default=0.7, gt=0, le=1, description="Learning rate factor after a worse validation."
    )
    patience: int = Field(default=6, ge=1, description="Worse validations in a row before it stops.")
    clip: float = Field(default=1.0, gt=0, description="Bound of the gradient's norm.")
    dev_fraction: float = Field(
        default=0.1, gt=0, lt=1, description="Part of the sentences, held out without --dev."
    )
    log_every: int = Field(default=20, ge=1, description="Updates between records in the log.")
    save_seconds: float = Field(default=300.0, gt=0, description="Time between saves within an epoch.")
    tensorboard: bool = Field(default=False, description="Write TensorBoard events too.")

    @model_validator(mode="after")
    def _words(self) -> TaggerConfig:
        if self.tokenizer == "regex" and not self.tokenizer_options:
            object.__setattr__(self, "tokenizer_options", {"pattern": WORDS})
        return self

    def toml(self) -> str:
        """These settings as TOML text; those that are None are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))
