"""A classifier's run as a component: `doc.cats`."""

from __future__ import annotations

from typing import Any

from textkit.adapters.spacy.component import RunComponent


class ClassifierComponent(RunComponent):
    """Sets `doc.cats` to the probability of each label, as `textkit classify` gives them for `doc.text`."""

    kind = "classifier"

    def annotate(self, docs: list[Any]) -> None:
        """Judge the texts of all Docs at once; categories of other components stay."""
        answers = self.run.model.predict([doc.text for doc in docs])
        labels = self.run.model.labels
        for doc, answer in zip(docs, answers, strict=True):
            doc.cats = {**doc.cats, **dict(zip(labels, answer.probabilities, strict=True))}
