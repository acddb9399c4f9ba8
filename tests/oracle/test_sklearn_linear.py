"""The linear solver, the heads and calibration against scikit-learn's LinearSVC and its other parts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

import textkit_corpora
from textkit.data.bag_of_words import Counts, NgramIndex
from textkit.models.calibration import Calibration
from textkit.models.sparse_linear.rows import unsigned
from textkit.models.sparse_linear.support_vectors import fit_support_vectors
from textkit.models.sparse_linear.two_heads import TwoHeads, fit_two_heads
from textkit.models.sparse_linear.weighting import inverse_document_frequency
from textkit.text.tokenizers.jieba import JiebaTokenizer

COST = 0.3


class Reviews(NamedTuple):
    counts: Counts
    held_out: Counts
    classes: npt.NDArray[np.int64]

    @property
    def ones(self) -> Any:
        return self.counts.csr(np.ones_like(self.counts.counts))


@pytest.fixture(scope="module")
def reviews() -> Reviews:
    rows = list(textkit_corpora.load("reviews-zh").rows("train"))[:1000]
    index = NgramIndex(JiebaTokenizer(), words=(1, 2), characters=(1, 3), min_df=2)
    counts = index.fit([text for _, text in rows[:700]])
    labels = sorted({label for label, _ in rows})
    classes = np.array([labels.index(label) for label, _ in rows[:700]])
    return Reviews(counts, index.transform([text for _, text in rows[700:]]), classes)


def svc(classes: npt.NDArray[Any], values: Any, weights: npt.NDArray[np.float64]) -> LinearSVC:
    model = LinearSVC(C=COST, tol=1e-6, max_iter=100_000)
    return model.fit(values.astype(np.float64), classes, sample_weight=weights)


def test_the_solver_finds_the_weights_of_linear_svc(reviews: Reviews) -> None:
    values = normalize(reviews.counts.csr())
    weights = np.random.default_rng(0).uniform(0.2, 3, 700)
    theirs = svc(reviews.classes, values, weights)
    for tolerance, near in ((1e-8, 1e-5), (0.1, 0.05)):
        ours = fit_support_vectors(
            reviews.counts.offsets,
            unsigned(reviews.counts.columns),
            values=values.data,
            width=reviews.counts.width,
            signs=2.0 * reviews.classes - 1,
            costs=COST * weights,
            rows=np.arange(700),
            seed=0,
            tolerance=tolerance,
        )
        np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=near)
        assert ours.bias == pytest.approx(theirs.intercept_[0], abs=near)


def test_idf_is_that_of_tfidf_transformer(reviews: Reviews) -> None:
    frequency = np.asarray(reviews.ones.sum(0), np.float64).ravel()
    theirs = TfidfTransformer().fit(reviews.counts.csr()).idf_
    np.testing.assert_allclose(inverse_document_frequency(frequency, 700), theirs, rtol=1e-6)


def bayes_values(reviews: Reviews, ratio: npt.NDArray[np.float64], counts: Counts) -> Any:
    return normalize(counts.csr(np.ones_like(counts.counts)).multiply(ratio).tocsr())


def scores_by_sklearn(reviews: Reviews, positive: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The mean of the two decisions for texts held out, by scikit-learn's parts."""
    p = np.asarray(reviews.ones[positive].sum(0), np.float64).ravel() + 1
    q = np.asarray(reviews.ones[~positive].sum(0), np.float64).ravel() + 1
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    tfidf = TfidfTransformer(sublinear_tf=True).fit(reviews.counts.csr())
    even = np.ones(700)
    found = [
        svc(positive, values, even).decision_function(asked)
        for values, asked in (
            (bayes_values(reviews, ratio, reviews.counts), bayes_values(reviews, ratio, reviews.held_out)),
            (tfidf.transform(reviews.counts.csr()), tfidf.transform(reviews.held_out.csr())),
        )
    ]
    mean: npt.NDArray[np.float64] = np.mean(found, axis=0)
    return mean


def heads_of(reviews: Reviews, classes: npt.NDArray[np.int64], size: int) -> TwoHeads:
    return fit_two_heads(reviews.counts, classes, size=size, cost=COST, weights=np.ones(700), seed=0).heads


def test_two_heads_are_two_linear_svcs(reviews: Reviews) -> None:
    ours = heads_of(reviews, reviews.classes, 2).scores(reviews.held_out)[:, 1]
    theirs = scores_by_sklearn(reviews, reviews.classes == 1)
    np.testing.assert_allclose(ours, theirs, atol=0.03)
    assert ((ours > 0) == (theirs > 0)).mean() > 0.99


def test_of_more_classes_each_is_one_against_the_others(reviews: Reviews) -> None:
    classes = 2 * reviews.classes + np.arange(700) % 2
    ours = heads_of(reviews, classes, 4).scores(reviews.held_out)
    for label in range(4):
        theirs = scores_by_sklearn(reviews, classes == label)
        assert np.abs(ours[:, label] - theirs).mean() < 0.02


def test_without_noise_a_calibration_is_a_logistic_regression() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(size=20_000)
    classes = (generator.random(20_000) < 1 / (1 + np.exp(0.4 - 1.7 * scores))).astype(np.int64)
    theirs = LogisticRegression(C=1e6).fit(scores[:, None], classes)
    ours = Calibration.of(np.stack([-scores, scores], axis=1), classes)
    asked = np.linspace(-3, 3, 13)
    found = ours.probabilities(np.stack([-asked, asked], axis=1))
    np.testing.assert_allclose(found, theirs.predict_proba(asked[:, None]), atol=0.01)
