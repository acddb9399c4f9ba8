"""Every setting of a language-model run, typed; a TOML file and the command line speak the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import tomli_w
from pydantic import ConfigDict, model_validator

from textkit.errors import UsageError
from textkit.tasks.configuration import make_settings
from textkit.tasks.language_model.recipes import RECIPES, recipe_settings
from textkit.tasks.language_model.settings.network import (
    RECURRENT_ONLY,
    TRANSFORMER_ONLY,
    NetworkSettings,
)
from textkit.tasks.language_model.settings.ngram import NgramSettings
from textkit.tasks.language_model.settings.run import RunSettings
from textkit.tasks.language_model.settings.text import SUBWORD_ONLY, WORD_ONLY, TextSettings
from textkit.tasks.language_model.settings.training import NEEDS, TrainingSettings

if TYPE_CHECKING:
    from textkit.lm.smoothing.protocol import Smoothing


# The last base comes first in the order of settings.
class LanguageModelConfig(TrainingSettings, NetworkSettings, NgramSettings, TextSettings, RunSettings):
    """The settings of one run. Unknown names and values out of range are errors.

    What is not said comes from the recipe, for the model and the unit that are asked for.

    >>> LanguageModelConfig(model="lstm", epochs=2).min_count
    2
    >>> LanguageModelConfig(model="ngram").min_count
    1
    >>> LanguageModelConfig(recipe="awd").optimizer
    'nt-asgd'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _with_recipe(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return _recipe(values) | values
        return values

    @model_validator(mode="after")
    def _consistent(self) -> LanguageModelConfig:
        if self.recipe != "default" and self.model in ("ngram", "transformer"):
            raise UsageError(f"the recipe '{self.recipe}' is for recurrent models, not for '{self.model}'")
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
        if self.model != "ngram" and not self.embedding and (self.tied or self.model == "transformer"):
            raise UsageError(
                "embedding 0, one-hot inputs, is for recurrent models whose output is not tied to it: "
                "set tied = false (--no-tied)"
            )
        if self.model == "transformer" and self.embedding % (2 * self.heads):
            raise UsageError(
                "heads must divide the embedding into even parts: "
                f"embedding {self.embedding}, heads {self.heads}"
            )
        if self.output_layer == "adaptive" and self.tied and self.model != "ngram":
            raise UsageError(
                "the output layer 'adaptive' has weights of its own: set tied = false (--no-tied)"
            )
        for name, needs in self._idle().items():
            raise UsageError(f"the setting '{name}' does nothing without {needs}")
        if self.batch_size % self.accumulate:
            raise UsageError(
                f"accumulate must divide batch_size: {self.batch_size} rows in {self.accumulate} parts"
            )
        if self.sampling == "lines" and "context" not in self.model_fields_set:
            object.__setattr__(self, "context", "line")  # scored as it was trained
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
        mine: dict[str, str] = {}
        if self.model == "ngram":
            owned = (NetworkSettings, TrainingSettings)
            mine |= {name: "a neural model" for each in owned for name in each.model_fields}
            mine["recipe"] = "a neural model"
        else:
            mine |= dict.fromkeys(NgramSettings.model_fields, "an n-gram model")
        if self.model == "transformer":
            mine |= dict.fromkeys(RECURRENT_ONLY, "a recurrent model")
        elif self.model != "ngram":
            mine |= dict.fromkeys(TRANSFORMER_ONLY, "a Transformer")
        mine |= dict.fromkeys(SUBWORD_ONLY, "the unit 'subword'") if self.unit != "subword" else {}
        return mine | (dict.fromkeys(WORD_ONLY, "the unit 'word'") if self.unit != "word" else {})

    def _idle(self) -> dict[str, str]:
        """Settings of a network that were given and would do nothing, and what they need."""
        given = {name for name in self.model_fields_set if getattr(self, name) != _default(name)}
        idle = {
            name: f"{other} = {' or '.join(values)}"
            for name, (other, values) in NEEDS.items()
            if self.model != "ngram" and name in given and getattr(self, other) not in values
        }
        narrow = self.tied and self.layers == 1 and self.hidden != self.embedding
        if narrow and "hidden" in given and self.recipe == "default":
            idle["hidden"] = "tied = false (--no-tied): a tied last layer is as wide as the embedding"
        return idle

    def toml(self) -> str:
        """These settings as TOML text; those that are None or mean nothing here are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude=set(self._foreign())))


def _recipe(given: dict[str, Any]) -> dict[str, Any]:
    """What the recipe says for the model and unit that are asked for; nothing for names that are wrong."""
    name = given.get("recipe", "default")
    if not (isinstance(name, str) and name in RECIPES):
        return {}
    return recipe_settings(name, given)


def _default(name: str) -> Any:
    return LanguageModelConfig.model_fields[name].get_default(call_default_factory=True)


def make_config(settings: dict[str, Any], *, source: str = "settings") -> LanguageModelConfig:
    """Check `settings`; raises UsageError in one line that names `source` and the setting."""
    return make_settings(LanguageModelConfig, settings, source=source)
