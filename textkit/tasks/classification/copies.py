"""Texts that stand more than once: in training with two labels, and in held-out texts too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textkit.tasks.classification.classifier import LabelledTexts


def both_labelled(texts: LabelledTexts) -> int:
    """How many different texts have more than one label.

    >>> both_labelled(LabelledTexts.of([("so", "0"), ("so", "1"), ("no", "0")]))
    1
    """
    seen: dict[str, int] = {}
    twice = set()
    for text, label in zip(texts.texts, texts.classes.tolist(), strict=True):
        if text.strip() and seen.setdefault(text, label) != label:
            twice.add(text)
    return len(twice)


def warnings(train: LabelledTexts, held_out: Mapping[str, LabelledTexts]) -> Iterator[str]:
    """What a person who will report a number should know of these texts before it is measured."""
    known = {text for text in train.texts if text.strip()}
    if twice := both_labelled(train):
        yield f"{twice} training texts stand there with more than one label; textkit audit names them"
    for name, texts in held_out.items():
        if repeated := sum(text in known for text in texts.texts):
            yield (
                f"{repeated} of {len(texts)} {name} texts ({repeated / len(texts):.1%}) are training texts "
                "too: what is measured on them is memory; textkit audit names them"
            )
