"""A tokenizer of textkit as spaCy's `nlp.tokenizer`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from textkit import atomic
from textkit.adapters.spacy.places import words_of
from textkit.errors import CheckpointError, UsageError, unreadable
from textkit.text.catalog import make_tokenizer
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline

Tokens = list[tuple[str, int, int]]


class DocTokenizer:
    """From text to a Doc that spells it exactly, with the tokens of a textkit tokenizer or pipeline.

    Words are slices of the text. Where cleaning or the tokenizer made something else of one, that is the
    word's `norm_`. Blanks follow words, and other white space is words of its own, as spaCy has it.

    Raises InputError when called with text of which the tokenizer leaves out more than white space, unless
    `keep_rest` makes words of that, and for tokens that overlap.

    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> nlp.tokenizer = DocTokenizer(nlp.vocab, preset("en").then(make_tokenizer("regex")))
    >>> doc = nlp("It's  ＭＩＮＥ!")
    >>> [(token.text, token.norm_) for token in doc], doc.text
    ([("It's", "it's"), (' ', ' '), ('ＭＩＮＥ', 'mine'), ('!', '!')], "It's  ＭＩＮＥ!")
    """

    def __init__(self, vocab: Any, pipeline: Any, *, keep_rest: bool = False) -> None:
        stages = pipeline.stages if isinstance(pipeline, Pipeline) else (pipeline,)
        if not stages or not hasattr(stages[-1], "offsets"):
            raise UsageError("a pipeline for spaCy must end in a tokenizer that knows places (offsets)")
        self.vocab = vocab
        self.pipeline: Pipeline[str, list[str]] = Pipeline(tuple(stages))
        self.keep_rest = keep_rest

    def __call__(self, text: str) -> Any:
        """The Doc of one text."""
        words = words_of(text, self._tokens(text), keep=self.keep_rest)
        doc = Doc(self.vocab, words=[word.text for word in words], spaces=[word.space for word in words])
        for token, word in zip(doc, words, strict=True):
            if word.token:
                token.norm_ = word.token
        return doc

    def pipe(self, texts: Iterable[str], batch_size: int = 1000) -> Iterable[Any]:  # noqa: ARG002 - spaCy's
        """The Doc of each text."""
        return map(self, texts)

    def signature(self) -> str:
        """The whole recipe in one line, with its hash."""
        return self.pipeline.signature()

    def _tokens(self, text: str) -> Tokens:
        tokenizer: Any = self.pipeline.stages[-1]
        if len(self.pipeline.stages) == 1:
            return [tuple(token) for token in tokenizer.offsets(text)]
        cleaned, alignment = Pipeline[str, str](self.pipeline.stages[:-1]).aligned(text)
        return [(token.text, *alignment.span(token.start, token.end)) for token in tokenizer.offsets(cleaned)]

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:  # noqa: ARG002 - spaCy's names
        """The signature: the recipe itself is in the configuration of `nlp`."""
        return json.dumps({"signature": self.signature()}).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> DocTokenizer:  # noqa: ARG002
        """Check the signature; raises CheckpointError when this is another recipe."""
        try:
            signature = json.loads(data)["signature"]
        except (ValueError, LookupError, TypeError) as error:
            raise CheckpointError(f"the tokenizer was not saved by textkit: {error}") from error
        if signature != self.signature():
            raise CheckpointError(
                f"the tokenizer is {self.signature()!r}, and {signature!r} was saved; give the configuration "
                "of that one"
            )
        return self

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Write what `to_bytes` gives to the file `path`."""
        atomic.write_bytes(Path(path), self.to_bytes(exclude=exclude))

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> DocTokenizer:
        """Read what `to_disk` wrote; raises CheckpointError."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error
        return self.from_bytes(data, exclude=exclude)


def make_doc_tokenizer(
    vocab: Any, tokenizer: str, *, clean: str, options: Mapping[str, Any], keep_rest: bool
) -> DocTokenizer:
    """A DocTokenizer by the names of its parts, as a configuration gives them. Raises UsageError."""
    pipeline = preset(clean).then(make_tokenizer(tokenizer, options))
    return DocTokenizer(vocab, pipeline, keep_rest=keep_rest)
