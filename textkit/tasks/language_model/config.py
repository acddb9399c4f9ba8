"""Every setting of a language-model run, typed; a TOML file and the command line speak the same names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from textkit.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from textkit.lm.smoothing.protocol import Smoothing

ModelName = Literal["ngram", "rnn", "gru", "lstm"]
Unit = Literal["word", "char", "subword"]
Sampling = Literal["random", "sequential"]
Optimizer = Literal["adamw", "sgd"]
Context = Literal["stream", "line"]
SubwordType = Literal["unigram", "bpe"]

NGRAM_ONLY = ("order", "smoothing", "smoothing_value", "prune", "limit_vocab")
NEURAL_ONLY = (
    "sampling", "batch_size", "steps", "epochs", "optimizer", "learning_rate", "clip", "decay", "patience",
    "embedding", "hidden", "layers", "dropout", "tied", "context", "valid_fraction", "log_every",
    "save_seconds", "tensorboard",
)  # fmt: skip
SUBWORD_ONLY = ("pieces", "subword_type")
WORD_ONLY = ("tokenizer", "tokenizer_options")


class LanguageModelConfig(BaseModel):
    """The settings of one run. Unknown names and values out of range are errors.

    >>> LanguageModelConfig(model="lstm", epochs=2).min_count
    2
    >>> LanguageModelConfig(model="ngram").min_count
    1
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: ModelName = Field(default="ngram", description="Kind of model.")
    unit: Unit = Field(default="word", description="What is predicted.")
    tokenizer: str = Field(
        default="",
        description="How words are found: whitespace (if not said, at ASCII blanks alone), characters, "
        "jieba, nltk, regex, spacy, sentencepiece.",
    )
    tokenizer_options: dict[str, Any] = Field(default={}, description="Options of the tokenizer.")
    clean: str = Field(default="none", description="Cleaning first: none, basic, web, zh, en, sentiment.")
    min_count: int = Field(
        default=0, ge=0, description="Rarer tokens are unknown words; 0: 1 for n-grams, 2 for networks."
    )
    max_vocab: int | None = Field(default=None, ge=2, description="Keep the most frequent tokens only.")
    pieces: int = Field(default=4000, ge=8, description="Size of the subword model that is trained.")
    subword_type: SubwordType = Field(default="unigram", description="Kind of subword model.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Same seed, same model.")

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
        default=None, description="n-gram: a file of words; n-grams with others are counted but not kept."
    )

    sampling: Sampling = Field(default="sequential", description="How windows are drawn from the text.")
    batch_size: int = Field(default=20, ge=1, description="Rows of a minibatch.")
    steps: int = Field(default=35, ge=1, description="Steps of a window: how far back gradients flow.")
    epochs: int = Field(default=20, ge=1, description="Passes over the text, at most.")
    embedding: int = Field(default=256, ge=1, description="Width of the embedding.")
    hidden: int = Field(default=256, ge=1, description="Width of the hidden state.")
    layers: int = Field(default=1, ge=1, description="Recurrent layers.")
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Share of activations dropped in training.")
    tied: bool = Field(
        default=True, description="One weight for input and output embedding; needs equal widths."
    )
    optimizer: Optimizer = Field(default="adamw", description="How weights move.")
    learning_rate: float = Field(default=0.003, gt=0, description="How far they move (try 20 for sgd).")
    clip: float = Field(default=0.25, gt=0, description="Bound of the gradient's norm.")
    decay: float = Field(default=0.5, gt=0, le=1, description="Learning rate factor after a worse epoch.")
    patience: int = Field(default=3, ge=1, description="Worse epochs in a row before stopping.")
    valid_fraction: float = Field(
        default=0.1, gt=0, lt=1, description="Last part of the text, held out without --valid."
    )
    context: Context = Field(default="stream", description="Scoring: carry the state over line ends, or not.")
    log_every: int = Field(default=20, ge=1, description="Steps between records in the log.")
    save_seconds: float = Field(default=300.0, gt=0, description="Time between saves within an epoch.")
    tensorboard: bool = Field(default=False, description="Write TensorBoard events too.")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    raise unknown_name("setting", str(key), cls.model_fields)
        return values

    @model_validator(mode="after")
    def _consistent(self) -> LanguageModelConfig:
        for name, owner in self._foreign().items():
            if name in self.model_fields_set and getattr(self, name) != _default(name):
                here = f"model '{self.model}' with unit '{self.unit}'"
                raise UsageError(f"the setting '{name}' is for {owner}, not for {here}")
        if self.model == "ngram":
            if len(self.prune) > self.order:
                raise UsageError(
                    f"prune has {len(self.prune)} thresholds, but a model of order {self.order} takes "
                    f"{self.order} at most"
                )
            self.make_smoothing()  # raises for what it does not know
            if self.limit_vocab is not None and self.smoothing != "modified-kneser-ney":
                raise UsageError("limit_vocab is for the smoothing modified-kneser-ney")
        if self.model != "ngram" and self.tied and self.embedding != self.hidden:
            raise UsageError(
                f"tied weights need equal widths: embedding {self.embedding}, hidden {self.hidden}; "
                "make them equal or set tied = false"
            )
        if self.min_count == 0:
            object.__setattr__(self, "min_count", 1 if self.model == "ngram" or self.unit == "subword" else 2)
        if not self.tokenizer and self.unit == "word":
            object.__setattr__(self, "tokenizer", "whitespace")
            if not self.tokenizer_options:  # words as KenLM parts them: U+3000 may be one
                object.__setattr__(self, "tokenizer_options", {"unicode": False})
        return self

    def make_smoothing(self) -> Smoothing:
        """The smoothing that these settings name."""
        from textkit.lm.smoothing.catalog import make_smoothing

        return make_smoothing(self.smoothing, value=self.smoothing_value, prune=self.prune)

    def _foreign(self) -> dict[str, str]:
        """Settings that mean nothing here, and whom they are for."""
        mine = dict.fromkeys(NGRAM_ONLY, "an n-gram model") if self.model != "ngram" else {}
        mine |= dict.fromkeys(NEURAL_ONLY, "a neural model") if self.model == "ngram" else {}
        mine |= dict.fromkeys(SUBWORD_ONLY, "the unit 'subword'") if self.unit != "subword" else {}
        return mine | (dict.fromkeys(WORD_ONLY, "the unit 'word'") if self.unit != "word" else {})

    def toml(self) -> str:
        """These settings as TOML text; those that are None or mean nothing here are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude=set(self._foreign())))


def _default(name: str) -> Any:
    return LanguageModelConfig.model_fields[name].get_default(call_default_factory=True)


def make_config(settings: dict[str, Any], *, source: str = "settings") -> LanguageModelConfig:
    """Check `settings`; raises UsageError in one line that names `source` and the setting.

    >>> make_config({"lerning_rate": 0.1}, source="run.toml")
    Traceback (most recent call last):
    textkit.errors.UsageError: run.toml: unknown setting 'lerning_rate': did you mean 'learning_rate'? ...
    """
    try:
        return LanguageModelConfig.model_validate(settings)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{source}: setting '{name}': {first['msg'].lower()}, not {first['input']!r}"
        ) from error


def parse_config(text: str, *, source: str) -> dict[str, Any]:
    """TOML text as plain settings; raises UsageError naming `source` and the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not valid TOML: {error}") from error


def read_config(path: Path | str) -> dict[str, Any]:
    """The settings in a TOML file; raises UsageError when it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: cannot be read: {reason.lower()}") from error
    return parse_config(text, source=str(path))
