"""Every setting of a classifier, typed; a TOML file and the command line speak the same names."""

from __future__ import annotations

from typing import Any, ClassVar

import tomli_w
from pydantic import ConfigDict, model_validator

from textkit.errors import UsageError
from textkit.tasks.classification.presets import PRESETS
from textkit.tasks.classification.settings import defence, unlabelled
from textkit.tasks.classification.settings.defence import DefenceSettings
from textkit.tasks.classification.settings.features import FeatureSettings
from textkit.tasks.classification.settings.network import ONLY, NetworkSettings
from textkit.tasks.classification.settings.run import LINEAR, RunSettings
from textkit.tasks.classification.settings.text import TextSettings
from textkit.tasks.classification.settings.training import TrainingSettings
from textkit.tasks.classification.settings.unlabelled import UnlabelledSettings

_NETWORKS_ONLY = (NetworkSettings, TrainingSettings, DefenceSettings)


# The last base comes first in the order of settings.
class ClassifierConfig(
    UnlabelledSettings,
    DefenceSettings,
    TrainingSettings,
    NetworkSettings,
    FeatureSettings,
    TextSettings,
    RunSettings,
):
    """The settings of one classifier. Unknown names and values out of range are errors.

    What is not said comes from the preset.

    >>> ClassifierConfig(preset="book").hidden
    10
    >>> ClassifierConfig(preset="book", hidden=20).hidden
    20
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, values: Any) -> Any:
        if isinstance(values, dict):
            name = values.get("preset", "linear")
            return (PRESETS.get(name, {}) if isinstance(name, str) else {}) | values
        return values

    @model_validator(mode="after")
    def _consistent(self) -> ClassifierConfig:
        for name, owner in self._foreign().items():
            if name in self.model_fields_set and getattr(self, name) != _default(name):
                raise UsageError(f"the setting '{name}' is for {owner}, not for the preset '{self.preset}'")
        for name, (other, values) in (defence.NEEDS | unlabelled.NEEDS).items():
            given = name in self.model_fields_set and getattr(self, name) != _default(name)
            if given and getattr(self, other) not in values:
                raise UsageError(f"the setting '{name}' does nothing without {other} = {' or '.join(values)}")
        if self.linear and not (self.words or self.characters):
            raise UsageError("words and characters are both 0: there is nothing to look at")
        return self

    @property
    def linear(self) -> bool:
        """Whether it is a linear classifier of n-grams; else it is a network."""
        return self.preset in LINEAR

    def _foreign(self) -> dict[str, str]:
        """Settings that mean nothing here, and whom they are for."""
        if self.linear:
            networks = {name: "networks" for each in _NETWORKS_ONLY for name in each.model_fields}
            return networks | dict.fromkeys(("semi_ratio", "dev_fraction"), "networks")
        mine = dict.fromkeys((*FeatureSettings.model_fields, "semi_rounds"), "the presets linear and fast")
        return mine | {
            name: f"the preset{'s' * (len(owners) > 1)} {', '.join(owners)}"
            for name, owners in ONLY.items()
            if self.preset not in owners
        }

    def toml(self) -> str:
        """These settings as TOML text; those that are None or mean nothing here are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude=set(self._foreign())))


def _default(name: str) -> Any:
    return ClassifierConfig.model_fields[name].get_default(call_default_factory=True)
