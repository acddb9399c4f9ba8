"""Which packages decide what a pipeline makes of a text, and which versions of them are installed."""

from __future__ import annotations

import importlib.metadata
import unicodedata
from collections.abc import Mapping
from typing import Any

from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.spacy import SpacyTokenizer

# A signature says what was asked for; what comes out is also the work of these, by the stage's class.
PACKAGES: Mapping[str, str] = {
    "FilterPunctuation": "regex",
    "JiebaTokenizer": "jieba",
    "NltkTokenizer": "nltk",
    "RegexTokenizer": "regex",
    "RepairEncoding": "ftfy",
    "SentencePieceTokenizer": "sentencepiece",
    "Simplify": "opencc",
    "SpacyTokenizer": "spacy",
    "StripHtml": "selectolax",
}


def package_versions(pipeline: Pipeline[Any, Any]) -> dict[str, str]:
    """The versions that decide beside a pipeline's recipe: Unicode's in Python, and those of packages.

    >>> from textkit.text.clean import Lowercase
    >>> from textkit.text.tokenizers.jieba import JiebaTokenizer
    >>> list(package_versions(Pipeline.of(Lowercase()).then(JiebaTokenizer())))
    ['unicode', 'jieba']
    """
    names = {PACKAGES[kind] for stage in pipeline.stages if (kind := type(stage).__name__) in PACKAGES}
    names |= {stage.model for stage in pipeline.stages if isinstance(stage, SpacyTokenizer) and stage.model}
    return {"unicode": unicodedata.unidata_version} | {name: _version(name) for name in sorted(names)}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # put there by hand
        return "unknown"
