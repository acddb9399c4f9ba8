"""Tokenizing as a component, for pipelines whose own tokenizer is to stay."""

from __future__ import annotations

from typing import Any

from textkit.adapters.spacy.tokenizer import DocTokenizer


class TokenizerComponent:
    """Gives a Doc of the same text with textkit's words; what was set on the old one is left behind.

    It belongs at the beginning of a pipeline. Better is `nlp.tokenizer`, which makes no Doc for nothing.
    """

    def __init__(self, tokenizer: DocTokenizer) -> None:
        self.tokenizer = tokenizer

    def __call__(self, doc: Any) -> Any:
        """A new Doc in place of `doc`."""
        made = self.tokenizer(doc.text)
        made._context = doc._context  # of nlp.pipe(..., as_tuples=True)
        made.user_data = dict(doc.user_data)
        return made
