"""textkit in spaCy: its tokenizers, and its runs as components of a pipeline.

    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "textkit_tokenizer"}}})
    nlp.add_pipe("textkit_classifier", config={"run": "reviews"})   # doc.cats
    nlp.add_pipe("textkit_tagger", config={"run": "travel"})        # doc.ents, or a group of spans

spaCy finds these names by itself where textkit is installed; importing this package registers them too.
`nlp.to_disk` stores a run's path and signature, never its weights.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from textkit.adapters.spacy.registration import register

if TYPE_CHECKING:
    from textkit.adapters.spacy.classifier import ClassifierComponent
    from textkit.adapters.spacy.retokenizing import TokenizerComponent
    from textkit.adapters.spacy.tagger import TaggerComponent
    from textkit.adapters.spacy.tokenizer import DocTokenizer

__all__ = ["ClassifierComponent", "DocTokenizer", "TaggerComponent", "TokenizerComponent"]

_MODULES = {
    "ClassifierComponent": "classifier",
    "DocTokenizer": "tokenizer",
    "TaggerComponent": "tagger",
    "TokenizerComponent": "retokenizing",
}

register()


def __getattr__(name: str) -> Any:
    """Import a class when it is first used: spaCy imports this package wherever textkit is installed."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
