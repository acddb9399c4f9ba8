"""Names by which spaCy's configuration finds textkit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.util import registry

if TYPE_CHECKING:
    from textkit.adapters.spacy.classifier import ClassifierComponent
    from textkit.adapters.spacy.retokenizing import TokenizerComponent
    from textkit.adapters.spacy.tagger import TaggerComponent
    from textkit.adapters.spacy.tokenizer import DocTokenizer

TOKENIZER = "textkit_tokenizer"
_DEFAULTS = {"tokenizer": "jieba", "clean": "none", "options": {}, "keep_rest": False}


def tokenizer_factory(
    tokenizer: str = "jieba",
    clean: str = "none",
    options: dict[str, Any] | None = None,
    keep_rest: bool = False,
) -> Callable[[Any], DocTokenizer]:
    """What makes `nlp.tokenizer` out of `[nlp.tokenizer]`: `@tokenizers = "textkit_tokenizer"`."""

    def make(nlp: Any) -> DocTokenizer:
        from textkit.adapters.spacy.tokenizer import make_doc_tokenizer

        return make_doc_tokenizer(
            nlp.vocab, tokenizer, clean=clean, options=options or {}, keep_rest=keep_rest
        )

    return make


def make_tokenizer_component(
    nlp: Any,
    name: str,  # noqa: ARG001 - spaCy gives it
    tokenizer: str,
    clean: str,
    options: dict[str, Any],
    keep_rest: bool,
) -> TokenizerComponent:
    """What `nlp.add_pipe("textkit_tokenizer")` makes."""
    from textkit.adapters.spacy.retokenizing import TokenizerComponent
    from textkit.adapters.spacy.tokenizer import make_doc_tokenizer

    return TokenizerComponent(
        make_doc_tokenizer(nlp.vocab, tokenizer, clean=clean, options=options, keep_rest=keep_rest)
    )


def make_classifier(nlp: Any, name: str, run: str) -> ClassifierComponent:  # noqa: ARG001
    """What `nlp.add_pipe("textkit_classifier")` makes."""
    from textkit.adapters.spacy.classifier import ClassifierComponent

    return ClassifierComponent(run, name=name)


def make_tagger(nlp: Any, name: str, run: str, spans_key: str | None) -> TaggerComponent:  # noqa: ARG001
    """What `nlp.add_pipe("textkit_tagger")` makes."""
    from textkit.adapters.spacy.tagger import TaggerComponent

    return TaggerComponent(run, spans_key=spans_key, name=name)


def register() -> None:
    """Make the names known; doing it again does nothing else."""
    registry.tokenizers.register(TOKENIZER, func=tokenizer_factory)
    Language.factory(TOKENIZER, default_config=dict(_DEFAULTS), func=make_tokenizer_component)
    Language.factory("textkit_classifier", assigns=["doc.cats"], func=make_classifier)
    Language.factory(
        "textkit_tagger",
        default_config={"spans_key": None},
        assigns=["doc.ents", "doc.spans"],
        func=make_tagger,
    )
