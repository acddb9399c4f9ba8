"""Every setting of a translator, typed; a TOML file and the command line speak the same names."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from textkit.errors import UsageError
from textkit.models.schedules import ScheduleName
from textkit.tasks.translation.durations import parse_duration
from textkit.tasks.translation.presets import PRESETS, PresetName
from textkit.text.pairs.scripts import check_language

# Settings that mean nothing to other networks.
TRANSFORMER_ONLY = ("heads", "feed_forward", "norm", "attention_dropout")
RECURRENT_ONLY = ("attention", "input_feeding", "bidirectional", "teacher_forcing")
LIMITS = ("budget", "epochs", "max_steps")  # who says one of them wants no other of the preset's
SUBWORD_ONLY = ("subword_type", "character_coverage", "byte_fallback")


class TranslatorConfig(BaseModel):
    """The settings of one translator. Unknown names and values out of range are errors.

    What is not said comes from the preset.

    >>> TranslatorConfig(preset="rnn").model
    'gru'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    preset: PresetName = Field(default="transformer-tiny", description="Settings that go together.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Same seed, same translator.")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where to train.")

    source_language: str = Field(default="", description="Such as de: to find sentences in other languages.")
    target_language: str = Field(default="", description="Such as zh: the same, and how BLEU parts words.")
    script_only: bool = Field(
        default=False, description="Tell languages by their letters alone, which is quicker."
    )
    max_ratio: float = Field(default=3.0, gt=1, description="Leave out pairs whose lengths differ more.")
    max_length: int = Field(default=250, ge=1, description="Leave out pairs with more tokens on a side.")
    duplicates: Literal["keep", "drop"] = Field(default="drop", description="Pairs that stand twice.")

    tokenizer: str = Field(
        default="sentencepiece",
        description="sentencepiece (trained on the pairs), jieba, regex, characters, whitespace, ...",
    )
    tokenizer_options: dict[str, JsonValue] = Field(default={}, description="Options of the tokenizer.")
    target_tokenizer: str = Field(default="", description="The target's tokenizer, if it is another one.")
    subword_type: Literal["unigram", "bpe"] = Field(default="bpe", description="Kind of sentencepiece.")
    character_coverage: float = Field(
        default=0.9995, ge=0.98, le=1, description="Share of the text whose characters are pieces."
    )
    byte_fallback: bool = Field(default=True, description="Other characters are bytes, none is unknown.")
    joint: bool = Field(default=True, description="One vocabulary for both sides; needs one tokenizer.")
    vocab_size: int = Field(default=8000, ge=8, description="Ids of a vocabulary, at most.")
    min_count: int = Field(default=1, ge=1, description="Rarer tokens are unknown.")
    clean: str = Field(default="none", description="Cleaning first: none, basic, web, zh, en.")
    dev_fraction: float = Field(
        default=0.02, gt=0, lt=1, description="Part of the pairs, held out without validation files."
    )

    model: Literal["transformer", "gru", "lstm", "rnn"] = Field(
        default="transformer", description="The network; the last three are recurrent."
    )
    width: int = Field(default=256, ge=2, description="Of embeddings, layers and hidden states.")
    layers: int = Field(default=3, ge=1, le=64, description="Layers of encoder and of decoder.")
    heads: int = Field(default=4, ge=1, description="Attention heads (transformer).")
    feed_forward: int = Field(default=0, ge=0, description="Width inside; 0: 4 widths (transformer).")
    norm: Literal["pre", "post"] = Field(default="pre", description="Where layers normalise (transformer).")
    attention: Literal["additive", "dot", "scaled-dot", "general", "none"] = Field(
        default="additive", description="How a recurrent decoder looks at the source."
    )
    input_feeding: bool = Field(default=True, description="A step reads what the last one attended to.")
    bidirectional: bool = Field(default=True, description="The recurrent encoder reads from both ends.")
    tied: bool = Field(default=True, description="Embeddings and output share one matrix where they can.")
    backend: Literal["torch", "scratch"] = Field(
        default="torch", description="torch's fast layers, or the same written out."
    )
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Share of activations dropped.")
    attention_dropout: float = Field(default=0.0, ge=0, lt=1, description="The same of attention weights.")

    label_smoothing: float = Field(default=0.1, ge=0, lt=1, description="Probability spread over all ids.")
    teacher_forcing: float = Field(
        default=1.0, ge=0, le=1, description="Chance that a recurrent decoder reads the true last word."
    )
    batch_tokens: int = Field(default=2048, ge=1, description="Tokens of a minibatch's longer side, padded.")
    batch_size: int | None = Field(default=None, ge=1, description="Pairs of a minibatch, instead.")
    learning_rate: float = Field(default=0.001, gt=0, le=1e6, description="The highest (AdamW).")
    weight_decay: float = Field(default=0.0, ge=0, le=1e3, description="How strongly weights shrink.")
    beta2: float = Field(default=0.98, gt=0, lt=1, description="Memory of AdamW for squared gradients.")
    schedule: ScheduleName = Field(default="cosine", description="How the learning rate goes.")
    warmup: int = Field(
        default=200, ge=0, description="Updates over which the learning rate rises; of triangles each line."
    )
    average: float = Field(
        default=0.0, ge=0, lt=1, description="Memory of a running average of the weights, which is kept."
    )
    clip: float = Field(default=1.0, gt=0, description="Bound of the gradient's norm.")
    accumulate: int = Field(default=1, ge=1, description="Parts in which a minibatch is taken.")
    precision: Literal["auto", "fp32", "bf16"] = Field(default="auto", description="Of the products.")
    budget: str | None = Field(default=None, description="Time for training: 90s, 15m, 1h.")
    epochs: int | None = Field(default=None, ge=1, description="Passes over the pairs, at most.")
    max_steps: int | None = Field(default=None, ge=1, description="Updates, at most.")
    validate_every: int | None = Field(default=None, ge=1, description="Updates between validations.")
    patience: int | None = Field(default=None, ge=1, description="Worse validations in a row to stop after.")
    valid_bleu: int = Field(
        default=1000,
        ge=0,
        description="Validation pairs translated for BLEU, which chooses the best; 0: loss.",
    )
    log_every: int = Field(default=20, ge=1, description="Updates between records in the log.")
    save_seconds: float = Field(default=300.0, gt=0, description="Time between saves within an epoch.")
    tensorboard: bool = Field(default=False, description="Write TensorBoard events too.")

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        name = values.get("preset", "transformer-tiny")
        says = PRESETS.get(name, {}) if isinstance(name, str) else {}
        left_out = set(_foreign(says | values))
        if values.get("batch_tokens") is not None:
            left_out.add("batch_size")
        if any(values.get(limit) is not None for limit in LIMITS):
            left_out.update(LIMITS)
        return {key: value for key, value in says.items() if key not in left_out} | values

    @model_validator(mode="after")
    def _consistent(self) -> TranslatorConfig:
        for name, owner in _foreign(self.model_dump()).items():
            if name in self.model_fields_set and getattr(self, name) != type(self).model_fields[name].default:
                raise UsageError(f"the setting '{name}' is for {owner}")
        for language in filter(None, (self.source_language, self.target_language)):
            check_language(language)
        if self.source_language and not self.target_language:
            raise UsageError("source_language is of use beside target_language only: say both")
        if self.target_tokenizer and self.joint:
            raise UsageError("two tokenizers give two vocabularies: set joint = false (--no-joint)")
        if self.model == "transformer" and (self.width % self.heads or self.width % 2):
            raise UsageError(
                f"width must be even and a multiple of heads: width {self.width}, heads {self.heads}"
            )
        if self.budget is not None:
            parse_duration(self.budget)  # raises for what is none
        if self.budget is None and self.epochs is None and self.max_steps is None:
            raise UsageError("say when training ends: budget, epochs or max_steps")
        return self

    @property
    def seconds(self) -> float | None:
        """The budget."""
        return None if self.budget is None else parse_duration(self.budget)

    def toml(self) -> str:
        """These settings as TOML text; those that are None or mean nothing here are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude=set(_foreign(self.model_dump()))))


def of_run(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a run without those that mean nothing, which earlier versions took and ignored."""
    ignored = {"min_count", "batch_tokens", "script_only"} & _foreign(settings).keys()
    return {name: value for name, value in settings.items() if name not in ignored}


def _foreign(values: dict[str, Any]) -> dict[str, str]:
    """Settings that mean nothing beside those that are said, and whom they are for."""
    if values.get("model", "transformer") == "transformer":
        foreign = dict.fromkeys(RECURRENT_ONLY, "a recurrent model")
    else:
        foreign = dict.fromkeys(TRANSFORMER_ONLY, "a transformer")
    tokenizer = values.get("tokenizer", "sentencepiece")
    subword = [name == "sentencepiece" for name in (tokenizer, values.get("target_tokenizer") or tokenizer)]
    if not any(subword):
        foreign |= dict.fromkeys(SUBWORD_ONLY, "the tokenizer 'sentencepiece'")
    if all(subword):
        foreign["min_count"] = "tokenizers of words: a subword tokenizer's vocabulary is its pieces"
    if values.get("batch_size") is not None:
        foreign["batch_tokens"] = "minibatches without a batch_size: leave out one of the two"
    if not (values.get("source_language") and values.get("target_language")):
        foreign["script_only"] = "pairs of two languages: say source_language and target_language"
    return foreign
