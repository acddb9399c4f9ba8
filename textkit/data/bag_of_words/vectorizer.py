"""Texts to a sparse matrix, as a scikit-learn transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from textkit.data.bag_of_words import saved
from textkit.data.bag_of_words.counts import Counts
from textkit.data.bag_of_words.documents import Preparation, Texts
from textkit.data.bag_of_words.ngram_index import NgramIndex
from textkit.data.bag_of_words.weighting import Weighting
from textkit.errors import CheckpointError, UsageError
from textkit.text.catalog import make_tokenizer
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline

_PREPARING = ("tokenizer", "clean")
TOKENS = "tokens"  # the name, in place of a tokenizer's, for texts that are lists of tokens


class BagOfWords(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bags of n-grams: of the same tokens the matrices of CountVectorizer and TfidfVectorizer, in less time.

    `tokenizer` is a name of the catalog ("jieba", "whitespace", ...), a tokenizer, a pipeline that ends in
    one, or "tokens" for texts that are lists of tokens. `clean` is the name of a preset or a pipeline; it
    comes first. `words`, `characters`, `buckets`, `min_df`, `max_df` and `max_features` are NgramIndex's;
    `weighting` ("count", "binary", "frequency", "tf-idf"), `sublinear_tf`, `smooth_idf` and `norm`
    Weighting's.
    The matrix is a csr_matrix of `dtype`, or an array where `sparse_output` is False, which
    set_output(transform="pandas") needs.

    What makes no sense is an error (UsageError, InputError) when texts come. Fitted, `index_` is the
    NgramIndex, and `idf_` (W,) the factors of tf-idf.

    >>> bag = BagOfWords("whitespace", words=(1, 2))
    >>> bag.fit_transform(["to be", "be to be"]).toarray()
    array([[1., 0., 1., 1.], [2., 1., 1., 1.]])
    >>> bag.get_feature_names_out()
    array(['be', 'be to', 'to', 'to be'], dtype=object)
    """

    index_: NgramIndex

    def __init__(
        self,
        tokenizer: Any = "jieba",
        *,
        clean: Any = "none",
        words: Any = (1, 1),
        characters: Any = None,
        weighting: str = "count",
        buckets: int | None = None,
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
        sublinear_tf: bool = False,
        smooth_idf: bool = True,
        norm: str | None = "auto",
        sparse_output: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        self.tokenizer = tokenizer
        self.clean = clean
        self.words = words
        self.characters = characters
        self.weighting = weighting
        self.buckets = buckets
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.smooth_idf = smooth_idf
        self.norm = norm
        self.sparse_output = sparse_output
        self.dtype = dtype

    def fit(self, X: Texts, y: object = None) -> BagOfWords:  # noqa: ARG002, N803 - scikit-learn's names
        """Number the features of some texts."""
        self._fit(X)
        return self

    def fit_transform(self, X: Texts, y: object = None) -> Any:  # noqa: ARG002, N803
        """Number the features of some texts, and count them there: (B, W)."""
        return self._matrix(self._fit(X))

    def partial_fit(self, X: Texts, y: object = None) -> BagOfWords:  # noqa: ARG002, N803
        """More texts of a stream; the features are those of all of them."""
        if not hasattr(self, "index_"):
            self.index_ = self._index()
        self.index_.partial_fit(X)
        return self

    def transform(self, X: Texts) -> Any:  # noqa: N803
        """The features of texts: (B, W). Raises NotFittedError."""
        return self._matrix(self._fitted().transform(X))

    def inverse_transform(self, X: Any) -> list[npt.NDArray[Any]]:  # noqa: N803
        """The names of the features that each row has."""
        from scipy.sparse import csr_matrix

        rows, names = csr_matrix(X), np.array(self._fitted().names(), dtype=object)
        return [names[row.indices[row.data != 0]] for row in rows]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:  # noqa: ARG002
        """The names, (W,): of both kinds after words__ and characters__, with buckets numbers."""
        index = self._fitted()
        if self.buckets is not None:
            names = [f"{type(self).__name__.lower()}{column}" for column in range(index.width)]
        elif self.words is None or self.characters is None:
            names = index.names()
        else:
            kinds = (("words", "characters")[kind] for kind in index.kinds())
            names = [f"{kind}__{name}" for kind, name in zip(kinds, index.names(), strict=True)]
        return np.array(names, dtype=object)

    def save(self, folder: Path | str) -> None:
        """Write what was fitted, tokenizer included, to a new folder; see saved."""
        arrays = self._fitted().arrays()
        settings = {name: value for name, value in self.get_params().items() if name not in _PREPARING}
        settings["dtype"] = np.dtype(self.dtype).name
        saved.write(folder, saved.Saved(self._pipeline(), settings, arrays))

    @staticmethod
    def load(folder: Path | str) -> BagOfWords:
        """The fitted transformer that `save` wrote; its tokenizer is the whole pipeline.

        Raises CheckpointError for a folder that is missing, damaged or another version's.
        """
        pipeline, settings, arrays = saved.read(folder)
        try:
            bag = BagOfWords(TOKENS if pipeline is None else pipeline, **settings)
            bag._weighting().check_type(bag.dtype)
            bag.dtype = np.dtype(bag.dtype)
            bag.index_ = NgramIndex.from_arrays(arrays, pipeline, bag._index().settings())
        except (TypeError, UsageError, CheckpointError) as error:
            raise CheckpointError(f"{folder}: damaged: {error}") from error
        return bag

    @property
    def idf_(self) -> npt.NDArray[np.float64]:
        """What tf-idf multiplies each feature by, (W,)."""
        index = self._fitted()
        return self._weighting().factors(index.document_frequency, index.documents)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "index_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def _fit(self, texts: Texts) -> Counts:
        self._weighting().check_type(self.dtype)  # what is wrong with it shows before the work
        index = self._index()
        counts = index.fit(texts)
        self.index_ = index
        return counts

    def _fitted(self) -> NgramIndex:
        check_is_fitted(self)
        index: NgramIndex = self.index_
        return index

    def _index(self) -> NgramIndex:
        return NgramIndex(
            self._pipeline(),
            words=self.words,
            characters=self.characters,
            buckets=self.buckets,
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=self.max_features,
        )

    def _pipeline(self) -> Preparation:
        cleaning = preset(self.clean) if isinstance(self.clean, str) else self.clean
        if not isinstance(cleaning, Pipeline):
            raise UsageError(f"clean must be the name of a preset ('none') or a pipeline, not {cleaning!r}")
        if isinstance(self.tokenizer, str) and self.tokenizer == TOKENS:
            if cleaning.stages:
                raise UsageError("tokens are not cleaned: leave out clean, or give texts and a tokenizer")
            return None
        tokenizer = make_tokenizer(self.tokenizer) if isinstance(self.tokenizer, str) else self.tokenizer
        if not callable(tokenizer):
            raise UsageError(f"tokenizer must be a name, a tokenizer or a pipeline, not {tokenizer!r}")
        pipeline: Pipeline[str, list[str]] = cleaning.then(tokenizer)
        return pipeline

    def _weighting(self) -> Weighting:
        return Weighting(self.weighting, self.sublinear_tf, self.smooth_idf, self.norm)

    def _matrix(self, counts: Counts) -> Any:
        weighting = self._weighting()
        factors = weighting.factors(self.index_.document_frequency, self.index_.documents)
        matrix = counts.csr(weighting.weights(counts, factors, dtype=self.dtype))
        return matrix if self.sparse_output else matrix.toarray()
