"""The transformer among scikit-learn's own: its checks, and whatever else takes transformers."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import estimator_checks, get_tags

from textkit.data.bag_of_words import Counts, NgramIndex
from textkit.data.bag_of_words.vectorizer import BagOfWords
from textkit.data.bag_of_words.weighting import Weighting
from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.text.clean import preset
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit_corpora import load

TEXTS = ["to be or not to be", "be", "", "not  to be"]

# scikit-learn's checks that give no data. All others give arrays of numbers, and skip whatever takes
# strings, as test_the_checks_that_give_numbers shows; what they check is checked with texts below.
CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
]


@pytest.fixture(scope="module")
def reviews():
    rows = list(load("reviews-zh").rows("train"))[:400]
    return [text for _, text in rows], np.array([int(label) for label, _ in rows])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_checks_of_scikit_learn(check):
    check("BagOfWords", BagOfWords())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_checks_that_give_numbers():
    tags = get_tags(BagOfWords())
    assert (tags.input_tags.string, tags.input_tags.two_d_array, tags.requires_fit) == (True, False, True)
    with pytest.warns(SkipTestWarning, match="Can't test estimator BagOfWords which requires input"):
        estimator_checks.check_estimator(BagOfWords())


def test_what_the_skipped_checks_say():
    bag = BagOfWords("whitespace", words=(1, 2))
    before = bag.get_params()
    with pytest.raises(NotFittedError):
        bag.transform(TEXTS)
    with pytest.raises(NotFittedError):
        bag.get_feature_names_out()
    assert bag.fit(TEXTS, [0, 1, 0, 1]) is bag  # y may be given
    assert bag.get_params() == before
    first = bag.transform(TEXTS)
    assert (first != bag.fit(TEXTS).transform(TEXTS)).nnz == 0  # fitting again changes nothing
    assert (first != bag.fit_transform(TEXTS)).nnz == 0
    whole = first.toarray()
    assert (bag.transform(TEXTS[::-1]).toarray() == whole[::-1]).all()  # the order of texts does not matter
    assert all((bag.transform([text]).toarray() == row).all() for text, row in zip(TEXTS, whole, strict=True))
    attributes = set(vars(bag)) - set(before)
    assert attributes == {"index_"}
    assert not set(vars(clone(bag))) - set(before)
    assert whole.shape == (4, len(bag.get_feature_names_out()))
    assert isinstance(first, csr_matrix)
    assert first.dtype == np.float64


def test_a_failed_fit_leaves_the_last_one():
    bag = BagOfWords("whitespace").fit(TEXTS)
    with pytest.raises(InputError, match="no feature is left"):
        bag.fit([""])
    assert bag.get_feature_names_out().tolist() == ["be", "not", "or", "to"]


def test_clones_of_values_and_names():
    pipeline = preset("en").then(WhitespaceTokenizer())
    for tokenizer in ("whitespace", WhitespaceTokenizer(), pipeline):
        bag = clone(BagOfWords(tokenizer, clean=preset("en"), characters=(1, 2)))
        assert bag.fit_transform(["Be", "be"]).toarray().tolist() == [[1, 1, 1, 1], [1, 1, 1, 1]]


def test_pipeline_and_search(reviews):
    texts, labels = reviews
    steps = [("bag", BagOfWords(weighting="tf-idf")), ("linear", LogisticRegression())]
    grid = {"bag__words": [(1, 1), (1, 2)], "bag__weighting": ["binary", "tf-idf"], "bag__min_df": [1, 2]}
    search = GridSearchCV(Pipeline(steps), grid, cv=2, error_score="raise").fit(texts, labels)
    assert search.best_score_ > 0.6
    assert len(set(search.cv_results_["mean_test_score"])) > 1
    assert cross_val_score(search.best_estimator_, texts, labels, cv=2).shape == (2,)
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
    assert (copy.predict_proba(texts[:50]) == search.predict_proba(texts[:50])).all()


def test_union_of_two_is_one_with_both_kinds(reviews):
    texts, _ = reviews
    union = FeatureUnion(
        [("words", BagOfWords(words=(1, 2))), ("characters", BagOfWords(words=None, characters=(1, 3)))]
    )
    both = BagOfWords(words=(1, 2), characters=(1, 3))
    assert (union.fit_transform(texts) != both.fit_transform(texts)).nnz == 0
    assert (union.get_feature_names_out() == both.get_feature_names_out()).all()


def test_data_frames():
    frame = BagOfWords("whitespace", sparse_output=False).set_output(transform="pandas").fit_transform(TEXTS)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["be", "not", "or", "to"]
    assert frame["be"].tolist() == [2, 1, 0, 1]
    with pytest.raises(ValueError, match="sparse matrix"):
        BagOfWords("whitespace").set_output(transform="pandas").fit_transform(TEXTS)
    column = pd.Series(TEXTS, index=[5, 6, 7, 8])
    assert (BagOfWords("whitespace").fit_transform(column).toarray() == frame.to_numpy()).all()
    assert (BagOfWords("whitespace").fit_transform(np.array(TEXTS)).toarray() == frame.to_numpy()).all()
    assert (BagOfWords("whitespace").fit_transform(iter(TEXTS)).toarray() == frame.to_numpy()).all()
    with pytest.raises(InputError, match="text 2 must be a string, not float"):
        BagOfWords("whitespace").fit(pd.Series(["a", np.nan]))


def test_a_stream():
    stream = BagOfWords("whitespace", weighting="tf-idf", words=(1, 2))
    for text in TEXTS:
        assert stream.partial_fit([text]) is stream
    whole = BagOfWords("whitespace", weighting="tf-idf", words=(1, 2)).fit(TEXTS)
    assert (stream.get_feature_names_out() == whole.get_feature_names_out()).all()
    assert (stream.idf_ == whole.idf_).all()
    assert (stream.transform(TEXTS) != whole.transform(TEXTS)).nnz == 0


def test_buckets():
    bag = BagOfWords("whitespace", buckets=64)
    once = bag.fit_transform(TEXTS)
    assert once.shape == (4, 64)
    assert once.sum(axis=1).ravel().tolist() == [[6, 1, 0, 3]]
    assert bag.get_feature_names_out()[:2].tolist() == ["bagofwords0", "bagofwords1"]
    weighted = BagOfWords("whitespace", buckets=64, weighting="tf-idf").fit(TEXTS)
    exact = BagOfWords("whitespace", weighting="tf-idf").fit_transform(TEXTS)
    found = weighted.transform(TEXTS)
    assert np.allclose(np.sort(found.data), np.sort(exact.data))
    with pytest.raises(UsageError, match="tf-idf needs to know"):
        Weighting("tf-idf").factors(NgramIndex(None, buckets=4).document_frequency, 0)


def test_ready_tokens():
    tokens = [text.split() for text in TEXTS]
    expected = BagOfWords("whitespace", words=(1, 2)).fit_transform(TEXTS)
    assert (BagOfWords("tokens", words=(1, 2)).fit_transform(tokens) != expected).nnz == 0
    assert (BagOfWords("tokens", words=(1, 2)).fit_transform(TokenBatch.of(tokens)) != expected).nnz == 0
    with pytest.raises(UsageError, match="tokens are not cleaned"):
        BagOfWords("tokens", clean="web").fit(tokens)


def test_files_mapped_into_memory(tmp_path):
    bag = BagOfWords("whitespace", words=(1, 2), characters=(1, 2)).fit(TEXTS)
    joblib.dump(bag, tmp_path / "bag")
    mapped = joblib.load(tmp_path / "bag", mmap_mode="r")
    assert (mapped.transform(TEXTS) != bag.transform(TEXTS)).nnz == 0
    mapped.partial_fit(TEXTS)
    assert mapped.index_.documents == 2 * len(TEXTS)


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer": "jieba", "words": (1, 2), "weighting": "tf-idf", "dtype": np.float32},
        {"clean": "sentiment", "words": None, "characters": (2, 3), "min_df": 2, "max_features": 40},
        {"tokenizer": "whitespace", "buckets": 32, "weighting": "tf-idf"},
    ],
)
def test_saved_without_pickle(tmp_path, reviews, settings):
    texts, _ = reviews
    bag = BagOfWords(**settings).fit(texts[:200])
    bag.save(tmp_path / "bag")
    again = BagOfWords.load(tmp_path / "bag")
    one, other = bag.transform(texts), again.transform(texts)
    assert (one != other).nnz == 0
    assert one.dtype == other.dtype
    assert (again.get_feature_names_out() == bag.get_feature_names_out()).all()
    with pytest.raises(TextkitError, match="already exists"):
        bag.save(tmp_path / "bag")


def test_what_cannot_be_saved_or_read(tmp_path):
    BagOfWords("tokens").fit([["a"]]).save(tmp_path / "tokens")
    assert BagOfWords.load(tmp_path / "tokens").transform([["a", "b"]]).toarray().tolist() == [[1]]
    with pytest.raises(NotFittedError):
        BagOfWords().save(tmp_path / "none")
    with pytest.raises(UsageError, match="frozen dataclass"):
        BagOfWords(str.split).fit(["a"]).save(tmp_path / "function")
    with pytest.raises(CheckpointError, match="no saved bag of words"):
        BagOfWords.load(tmp_path / "nowhere")
    document = tmp_path / "tokens" / "bag_of_words.json"
    text = document.read_text()
    document.write_text(text.replace('"words"', '"wrods"'))
    with pytest.raises(CheckpointError, match="damaged or edited"):
        BagOfWords.load(tmp_path / "tokens")
    document.write_text(text.replace('"format": 1', '"format": 2'))
    with pytest.raises(CheckpointError, match="not of format 1"):
        BagOfWords.load(tmp_path / "tokens")
    document.write_text(text)
    features = tmp_path / "tokens" / "features.safetensors"
    features.write_bytes(features.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="checksum differs"):
        BagOfWords.load(tmp_path / "tokens")


def test_back_to_names():
    bag = BagOfWords("whitespace")
    rows = bag.inverse_transform(bag.fit_transform(TEXTS))
    assert [set(row) for row in rows] == [{"to", "be", "or", "not"}, {"be"}, set(), {"not", "to", "be"}]
    rows = bag.inverse_transform(bag.transform(["be what"]).toarray())
    assert [row.tolist() for row in rows] == [["be"]]


def test_numbers_other_than_floats():
    assert BagOfWords("whitespace", dtype=np.int64).fit_transform(["a a"]).toarray().tolist() == [[2]]
    assert BagOfWords("whitespace", dtype=np.int64).fit_transform(["a a"]).dtype == np.int64


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weighting": "tfidf"}, "unknown weighting 'tfidf': did you mean 'tf-idf'"),
        ({"norm": "l3"}, "unknown norm 'l3'"),
        ({"tokenizer": "jeiba"}, "unknown tokenizer 'jeiba'"),
        ({"clean": "webb"}, "unknown preset 'webb'"),
        ({"words": None}, "nothing to count"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(UsageError, match=message):
        BagOfWords(**settings).fit(TEXTS)


def test_weights_by_hand():
    counts = Counts(np.array([0, 2, 3, 3]), np.array([0, 2, 1], np.int32), np.array([1, 4, 2], np.float32), 3)
    assert Weighting("count").weights(counts).tolist() == [1, 4, 2]
    assert Weighting("binary").weights(counts).tolist() == [1, 1, 1]
    assert Weighting("frequency").weights(counts).tolist() == [0.2, 0.8, 1]
    assert Weighting("count", norm="l1").weights(counts).tolist() == [0.2, 0.8, 1]
    assert np.allclose(Weighting("count", sublinear=True).weights(counts), [1, 1 + np.log(4), 1 + np.log(2)])
    weighting = Weighting("tf-idf", norm=None, smooth=False)
    factors = weighting.factors(np.array([3, 1, 1]), 3)
    assert np.allclose(weighting.weights(counts, factors), [1, 4 * (np.log(3) + 1), 2 * (np.log(3) + 1)])
    rows = csr_matrix((Weighting("tf-idf").weights(counts, factors), *counts[1::-1]), (3, 3))
    assert np.allclose(np.linalg.norm(rows.toarray(), axis=1), [1, 1, 0])


def test_a_bucket_that_no_text_fell_into_weighs_something():
    bag = BagOfWords("whitespace", buckets=1024, weighting="tf-idf", smooth_idf=False).fit(["a b"])
    weights = bag.transform(["x y z"]).data
    assert len(weights)
    assert np.isfinite(weights).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtype": int, "weighting": "tf-idf"}, "must be one of float32, float64, not int64"),
        ({"dtype": "float16"}, "float64, int32, int64, not float16"),
        ({"dtype": "nothing"}, "not 'nothing'"),
        ({"norm": 2}, "unknown norm '2'"),
        ({"tokenizer": None}, "tokenizer must be a name"),
        ({"clean": None}, "clean must be the name of a preset"),
        ({"words": (1, 10**9)}, "up to 1000"),
    ],
)
def test_settings_of_the_wrong_type(settings, message):
    with pytest.raises(UsageError, match=message):
        BagOfWords(**{"tokenizer": "whitespace"} | settings).fit_transform(["to be", "be"])


def test_texts_that_are_no_list():
    for texts in (None, 5):
        with pytest.raises(InputError, match="must be a list of strings, not"):
            BagOfWords("whitespace").fit(texts)
