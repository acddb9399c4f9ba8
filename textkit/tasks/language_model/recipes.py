"""Recipes: settings that were found to work together, by name.

A recipe gives what was not said, for the model and the unit that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from textkit.tasks.language_model.settings.training import NEEDS

RecipeName = Literal["default", "course", "example", "awd"]

_TRANSFORMER = {
    "layers": 4,
    "steps": 128,
    "batch_size": 16,
    "sampling": "random",
    "dropout": 0.3,
    "learning_rate": 0.005,
    "clip": 1.0,
    "warmup": 100,
}

# Characters: a text has many, and a small network learns none of it by heart in a few passes.
_CHARACTERS = {"min_count": 1, "dropout": 0.1, "batch_size": 16, "steps": 64, "clip": 1.0, "warmup": 100}

# Under "" what holds always; then by model; the more special last.
RECIPES: dict[str, dict[str, dict[str, Any]]] = {
    # The best that a recorded search found: DECISIONS.md.
    "default": {"transformer": _TRANSFORMER, "char": _CHARACTERS},
    # The character models of the deep-learning course: one layer of 256 units on one-hot inputs, plain
    # gradient descent at rate 1, the gradient clipped to norm 1, windows of 35 in batches of 32.
    "course": {
        "": {
            "model": "lstm",
            "unit": "char",
            "embedding": 0,
            "hidden": 256,
            "layers": 1,
            "tied": False,
            "dropout": 0.0,
            "optimizer": "sgd",
            "learning_rate": 1.0,
            "weight_decay": 0.0,
            "schedule": "constant",
            "clip": 1.0,
            "batch_size": 32,
            "steps": 35,
            "epochs": 500,
            "min_count": 1,
        },
    },
    # The word-language-model example of PyTorch: two LSTM layers of 200 units, gradient descent at rate 20,
    # divided by four after an epoch that is no better.
    "example": {
        "": {
            "model": "lstm",
            "embedding": 200,
            "hidden": 200,
            "layers": 2,
            "tied": False,
            "dropout": 0.2,
            "optimizer": "sgd",
            "learning_rate": 20.0,
            "weight_decay": 0.0,
            "schedule": "plateau",
            "decay": 0.25,
            "patience": 1000,
            "clip": 0.25,
            "batch_size": 20,
            "steps": 35,
            "epochs": 40,
            "min_count": 1,
            "precision": "fp32",
        },
    },
    # AWD-LSTM: Merity, Keskar and Socher 2018, arXiv:1708.02182, section 5.
    "awd": {
        "": {
            "model": "lstm",
            "embedding": 400,
            "hidden": 1150,
            "layers": 3,
            "tied": True,
            "locked": True,
            "dropout": 0.4,
            "dropout_input": 0.4,
            "dropout_hidden": 0.25,
            "dropout_output": 0.4,
            "dropout_embedding": 0.1,
            "weight_drop": 0.5,
            "activation_penalty": 2.0,
            "slowness_penalty": 1.0,
            "optimizer": "nt-asgd",
            "learning_rate": 30.0,
            "weight_decay": 1.2e-6,
            "nonmonotone": 5,
            "schedule": "constant",
            "clip": 0.25,
            "batch_size": 40,
            "steps": 70,
            "vary_steps": True,
            "epochs": 750,
            "min_count": 1,
        },
    },
}


def recipe_settings(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe says beside the settings in `given`.

    >>> recipe_settings("default", {"model": "transformer"})["sampling"]
    'random'
    """
    layers = RECIPES[name]
    general = layers.get("", {})
    model = given.get("model", general.get("model", "ngram"))
    unit = given.get("unit", general.get("unit", "word"))
    if model == "ngram":
        return {}
    found = {**general, **layers.get(str(model), {}), **layers.get(str(unit), {})}
    together = {**found, **given}
    idle = [key for key, (other, values) in NEEDS.items() if together.get(other, values[0]) not in values]
    return {key: value for key, value in found.items() if key not in idle}
