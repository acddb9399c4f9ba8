"""spaCy's tokenizers: one for each language it knows, or that of an installed model."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textkit.errors import UsageError, unknown_name
from textkit.text.tokenizer import Token
from textkit.text.tokenizers.spacing import join_words

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch
    from textkit.text.tokenizers.spacy_stretches import SpacyStretches


_KEPT = 1 << 16  # words that spaCy remembers, at half a kilobyte each
_ONE_AT_A_TIME = threading.Lock()


@functools.lru_cache(maxsize=8)
def _language(language: str, model: str) -> Any:
    return _model_language(model) if model else _blank_language(language)


@contextlib.contextmanager
def _tokenizing(language: str, model: str) -> Iterator[Any]:
    """The tokenizer, for one thread at a time; what it gives is not to be used after the block.

    spaCy's vocabulary keeps each word that it meets, so memory would grow with the text. Once it has many,
    among them the frequent ones, it forgets at the end of the block what is new in it.
    """
    loaded = _language(language, model)
    with _ONE_AT_A_TIME:
        bounded = len(loaded.vocab) >= _KEPT
        with loaded.vocab.memory_zone() if bounded else contextlib.nullcontext():
            yield loaded.tokenizer


@functools.lru_cache(maxsize=8)
def _stretches(language: str, model: str) -> SpacyStretches | None:
    """None for a tokenizer whose tokens depend on more than the stretch they are in."""
    from textkit.text.tokenizers.spacy_stretches import SpacyStretches

    tokenizer = _language(language, model).tokenizer
    return SpacyStretches(tokenizer) if SpacyStretches.suits(tokenizer) else None


def _blank_language(language: str) -> Any:
    import pkgutil

    import spacy
    import spacy.lang

    languages = {module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg}
    if language not in languages:
        raise unknown_name("spaCy language", language, languages)
    try:
        return spacy.blank(language)
    except Exception as error:  # a language whose own segmenter is missing; spaCy's types differ by language
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"spaCy cannot tokenize '{language}' here: {reason}") from error


def _model_language(model: str) -> Any:
    import importlib.metadata

    import spacy

    # The name may come from somebody else's run, and spaCy would import any installed package so called.
    models = {each.name for each in importlib.metadata.entry_points(group="spacy_models")}
    if model not in models or not spacy.util.is_package(model):
        installed = ", ".join(sorted(models)) or "none"
        raise UsageError(
            f"spaCy model '{model}' is not installed (installed: {installed}); "
            f"install it with: python -m spacy download {model}"
        )
    meta = spacy.util.get_model_meta(spacy.util.get_package_path(model))
    # Only the tokenizer is wanted; taggers and parsers would take seconds to load.
    return spacy.load(model, exclude=meta.get("components", []))


@dataclass(frozen=True)
class SpacyTokenizer:
    """spaCy's tokenizer for a language (a blank pipeline), or that of an installed model by its name.

    Tokens of nothing but white space, which spaCy makes of doubled spaces, are left out. Raises
    UsageError, when first called, for a language or model that spaCy does not have.

    >>> SpacyTokenizer()("Mr. Chen doesn't agree.")
    ['Mr.', 'Chen', 'does', "n't", 'agree', '.']
    """

    language: str = "en"
    model: str = ""
    batch_pays: ClassVar[int] = 1 << 19  # which takes spaCy a second
    unlocked: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.model and self.language != "en":
            raise UsageError(f"give a spaCy language or a model, not both: '{self.language}', '{self.model}'")

    def __call__(self, text: str) -> list[str]:
        with _tokenizing(self.language, self.model) as tokenizer:
            return [token.text for token in tokenizer(text) if not token.is_space]

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        with _tokenizing(self.language, self.model) as tokenizer:
            return [
                Token(token.text, token.idx, token.idx + len(token))
                for token in tokenizer(text)
                if not token.is_space
            ]

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of each line; spaCy sees each distinct word with its punctuation once.

        Tokenizers of another kind than spaCy's usual one (Chinese, say) see every line.
        """
        from textkit.text.lines import Lines
        from textkit.text.tokenizers.slices import slices

        lines = Lines.of(texts)
        stretches = _stretches(self.language, self.model)
        if stretches:
            return stretches.tokens(lines)
        return slices(lines, [[(token.start, token.end) for token in self.offsets(text)] for text in texts])

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens with the usual spaces between words."""
        return join_words(tokens)
