"""Classifying texts as a task: `train` labelled texts into a run, `load_classifier` it, `audit_texts`.

Names are imported when they are first used, so that reading a configuration does not load numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.tasks.classification.audit import Audit, AuditedTexts, audit_texts
    from textkit.tasks.classification.classifier import Classifier, LabelledTexts
    from textkit.tasks.classification.config import ClassifierConfig
    from textkit.tasks.classification.cross_validation import CrossValidation, cross_validate
    from textkit.tasks.classification.decisions import Decision
    from textkit.tasks.classification.evaluation import Evaluation, evaluate
    from textkit.tasks.classification.saved import Prediction, SavedClassifier, load_classifier
    from textkit.tasks.classification.training import resume, train

_MODULES = {
    "Audit": "audit",
    "AuditedTexts": "audit",
    "audit_texts": "audit",
    "Classifier": "classifier",
    "LabelledTexts": "classifier",
    "ClassifierConfig": "config",
    "CrossValidation": "cross_validation",
    "cross_validate": "cross_validation",
    "Decision": "decisions",
    "Evaluation": "evaluation",
    "evaluate": "evaluation",
    "Prediction": "saved",
    "SavedClassifier": "saved",
    "load_classifier": "saved",
    "resume": "training",
    "train": "training",
}

__all__ = [
    "Audit",
    "AuditedTexts",
    "Classifier",
    "ClassifierConfig",
    "CrossValidation",
    "Decision",
    "Evaluation",
    "LabelledTexts",
    "Prediction",
    "SavedClassifier",
    "audit_texts",
    "cross_validate",
    "evaluate",
    "load_classifier",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
