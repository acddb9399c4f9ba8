"""Cleaning and tokenizing as a scikit-learn transformer and analyzer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.base import BaseEstimator, TransformerMixin

from textkit.adapters.sklearn.texts import texts_of
from textkit.errors import UsageError
from textkit.text.catalog import make_tokenizer
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline


class TextTokenizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to lists of tokens; nothing is learnt, so `fit` is never needed.

    Called with one text it is an analyzer: `TfidfVectorizer(analyzer=TextTokenizer("jieba"))`, whose
    settings a search reaches as `analyzer__tokenizer` and so on. `tokenizer` is a name of the catalog with
    `options` for it, a tokenizer, or a whole pipeline; `clean` the name of a preset, or a pipeline.

    >>> TextTokenizer("regex", clean="en")("It's  MINE!")
    ["it's", 'mine', '!']
    >>> TextTokenizer("whitespace").fit_transform(["to be", "or"])
    [['to', 'be'], ['or']]
    """

    def __init__(
        self,
        tokenizer: Any = "jieba",
        *,
        clean: Any = "none",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.clean = clean
        self.options = options

    def __call__(self, text: str) -> list[str]:
        """The tokens of one text. Raises UsageError for settings that make no sense."""
        return list(self._pipeline()(text))

    def fit(self, X: Iterable[str], y: object = None) -> TextTokenizer:  # noqa: ARG002, N803 - their names
        """Look at the settings, and at nothing else. Raises UsageError for those that make no sense."""
        self._pipeline()
        return self

    def transform(self, X: Iterable[str]) -> list[list[str]]:  # noqa: N803
        """The tokens of each text. Raises InputError for what is no text, StageError naming the record."""
        return list(self._pipeline().map(texts_of(X)))

    def signature(self) -> str:
        """The whole recipe in one line, with its hash; see Pipeline."""
        return self._pipeline().signature()

    def _pipeline(self) -> Pipeline[str, list[str]]:
        """The pipeline of the settings as they are now; made once for each of them."""
        settings = (self.tokenizer, self.clean, self.options)
        made = self.__dict__.get("_made")
        if made is None or any(one is not other for one, other in zip(made[0], settings, strict=True)):
            made = self._made = (settings, self._make())
        pipeline: Pipeline[str, list[str]] = made[1]
        return pipeline

    def _make(self) -> Pipeline[str, list[str]]:
        cleaning = preset(self.clean) if isinstance(self.clean, str) else self.clean
        if not isinstance(cleaning, Pipeline):
            raise UsageError(f"clean must be the name of a preset ('none') or a pipeline, not {cleaning!r}")
        if isinstance(self.tokenizer, str):
            return cleaning.then(make_tokenizer(self.tokenizer, self.options))
        if self.options:
            raise UsageError("options are for a tokenizer that is given by its name")
        if not callable(self.tokenizer):
            raise UsageError(f"tokenizer must be a name, a tokenizer or a pipeline, not {self.tokenizer!r}")
        return cleaning.then(self.tokenizer)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {**super().__getstate__()}
        state.pop("_made", None)  # workers make their own
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.requires_fit = False
        return tags
