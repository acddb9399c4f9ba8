"""Recipes: settings that were found to work together, by name.

A recipe gives what was not said, for the model and the unit that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

RecipeName = Literal["default", "course", "example", "awd"]

_TRANSFORMER = {
    "layers": 4,
    "steps": 128,
    "batch_size": 16,
    "sampling": "random",
    "dropout": 0.1,
    "learning_rate": 0.001,
    "weight_decay": 0.1,
    "schedule": "cosine",
    "warmup": 100,
    "clip": 1.0,
}

# Under "" what holds always; then by model; the more special last.
RECIPES: dict[str, dict[str, dict[str, Any]]] = {
    # The best that a recorded search found: DECISIONS.md.
    "default": {"transformer": _TRANSFORMER},
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

    >>> recipe_settings("default", {"model": "transformer"})["schedule"]
    'cosine'
    """
    layers = RECIPES[name]
    general = layers.get("", {})
    model = given.get("model", general.get("model", "ngram"))
    unit = given.get("unit", general.get("unit", "word"))
    return {**general, **layers.get(str(model), {}), **layers.get(str(unit), {})}
