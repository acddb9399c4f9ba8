"""Translation as a task: `train` pairs of sentences into a run, `resume` it, `load_translator` it.

Names are imported when they are first used, so that reading a configuration does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.tasks.translation.alignment import Link
    from textkit.tasks.translation.config import TranslatorConfig
    from textkit.tasks.translation.decoding import TranslationDecoding
    from textkit.tasks.translation.forced import ScoredPair
    from textkit.tasks.translation.results import Result
    from textkit.tasks.translation.saved import SavedTranslator, load_translator
    from textkit.tasks.translation.training import resume, train
    from textkit.tasks.translation.translating import Translation

__all__ = [
    "Link",
    "Result",
    "SavedTranslator",
    "ScoredPair",
    "Translation",
    "TranslationDecoding",
    "TranslatorConfig",
    "load_translator",
    "resume",
    "train",
]

_MODULES = {
    "Link": "alignment",
    "ScoredPair": "forced",
    "Result": "results",
    "SavedTranslator": "saved",
    "Translation": "translating",
    "TranslationDecoding": "decoding",
    "TranslatorConfig": "config",
    "load_translator": "saved",
    "resume": "training",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
