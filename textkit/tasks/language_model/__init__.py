"""Language models as a task: `train` lines into a run, `resume` it, `load_model` it, `compare` several.

Names are imported when they are first used, so that reading a configuration does not load numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.tasks.language_model.comparison import Comparison, compare
    from textkit.tasks.language_model.config import LanguageModelConfig, make_config
    from textkit.tasks.language_model.ngram_options import NgramOptions
    from textkit.tasks.language_model.saved import SavedModel, load_model
    from textkit.tasks.language_model.training import resume, train

__all__ = [
    "Comparison",
    "LanguageModelConfig",
    "NgramOptions",
    "SavedModel",
    "compare",
    "load_model",
    "make_config",
    "resume",
    "train",
]

_MODULES = {
    "NgramOptions": "ngram_options",
    "Comparison": "comparison",
    "compare": "comparison",
    "LanguageModelConfig": "config",
    "make_config": "config",
    "SavedModel": "saved",
    "load_model": "saved",
    "resume": "training",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
