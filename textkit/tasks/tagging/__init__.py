"""Tagging words as a task: `train` tagged sentences into a run, `resume` it, `load_tagger` it.

Names are imported when they are first used, so that reading a configuration does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.tasks.tagging.baseline import MostFrequentTag
    from textkit.tasks.tagging.config import TaggerConfig
    from textkit.tasks.tagging.saved import FoundSpan, SavedTagger, Tagged, load_tagger
    from textkit.tasks.tagging.training import resume, train

__all__ = [
    "FoundSpan",
    "MostFrequentTag",
    "SavedTagger",
    "Tagged",
    "TaggerConfig",
    "load_tagger",
    "resume",
    "train",
]

_MODULES = {
    "FoundSpan": "saved",
    "MostFrequentTag": "baseline",
    "SavedTagger": "saved",
    "Tagged": "saved",
    "TaggerConfig": "config",
    "load_tagger": "saved",
    "resume": "training",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
