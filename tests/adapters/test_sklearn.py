"""textkit among scikit-learn's estimators: its conventions, its searches, and the command's own answers."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.utils import estimator_checks

import textkit
from textkit.adapters.sklearn import BagOfWordsVectorizer, TextClassifier, TextTokenizer
from textkit.errors import CheckpointError, InputError, StageError, UsageError
from textkit.tasks.classification import ClassifierConfig, load_classifier
from textkit.text.clean import preset
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit_cli.main import main

# Those that give no data. All others give arrays of numbers, which are no texts, and are skipped by
# scikit-learn itself for what takes strings; the tests below check with texts what they would.
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
ESTIMATORS = [TextTokenizer(), TextClassifier()]
NETWORK: dict[str, Any] = {"preset": "embedding-bag", "embedding": 8, "min_count": 1, "epochs": 2}
FAST = {"preset": "fast", "tokenizer": "characters"}


def opinions(size: int, labels: Any = ("neg", "pos")) -> tuple[list[str], list[Any]]:
    """Texts whose label shows in one word."""
    words = (["很脏", "太差", "失望"], ["干净", "很好", "满意"])
    texts = [f"房间{words[n % 2][n // 2 % 3]}，早餐{words[n % 2][n // 3 % 3]}{n}" for n in range(size)]
    return texts, [labels[n % 2] for n in range(size)]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_checks_of_scikit_learn(check: Any, estimator: Any) -> None:
    check(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_checks_that_give_numbers_are_not_for_texts(estimator: Any) -> None:
    with pytest.warns(SkipTestWarning, match="which requires input"):
        estimator_checks.check_estimator(estimator)


def test_an_analyzer_counts_what_our_vectoriser_counts() -> None:
    texts, _ = opinions(30)
    for theirs, ours in (
        (CountVectorizer, {"weighting": "count"}),
        (TfidfVectorizer, {"weighting": "tf-idf"}),
    ):
        vectorizer = theirs(analyzer=TextTokenizer("jieba", clean="sentiment"))
        bag = BagOfWordsVectorizer("jieba", clean="sentiment", **ours)
        expected, found = vectorizer.fit_transform(texts), bag.fit_transform(texts)
        columns = {name: number for number, name in enumerate(bag.get_feature_names_out())}
        assert set(columns) == set(vectorizer.get_feature_names_out())
        order = [columns[name] for name in vectorizer.get_feature_names_out()]
        np.testing.assert_allclose(found[:, order].toarray(), expected.toarray(), rtol=1e-12)


def test_a_tokenizer_is_a_step_and_its_settings_are_searched() -> None:
    texts, labels = opinions(40)
    steps = make_pipeline(TextTokenizer(), BagOfWordsVectorizer("tokens"), LogisticRegression())
    grid = {"texttokenizer__tokenizer": ["characters", "jieba"], "texttokenizer__clean": ["none", "zh"]}
    search = GridSearchCV(steps, grid, cv=2, error_score="raise").fit(texts, labels)
    assert search.best_score_ > 0.9
    vectorizer = TfidfVectorizer(analyzer=TextTokenizer("characters"))
    inner = GridSearchCV(
        make_pipeline(vectorizer, LogisticRegression()),
        {"tfidfvectorizer__analyzer__tokenizer": ["characters", "whitespace"]},
        cv=2,
        error_score="raise",
    ).fit(texts, labels)
    assert inner.best_params_ == {"tfidfvectorizer__analyzer__tokenizer": "characters"}
    copy = pickle.loads(pickle.dumps(inner.best_estimator_))
    assert (copy.predict(texts) == inner.predict(texts)).all()


def test_a_tokenizer_follows_its_settings() -> None:
    tokenizer = TextTokenizer("whitespace")
    assert tokenizer("It's OK") == ["It's", "OK"]
    assert tokenizer.set_params(clean="en")("It's OK") == ["it's", "ok"]
    assert tokenizer.set_params(tokenizer="regex", options={"pattern": "[a-z]"})("OK") == ["o", "k"]
    for given in (WhitespaceTokenizer(), preset("en").then(WhitespaceTokenizer())):
        made = clone(TextTokenizer(given, clean=preset("en")))
        assert made.transform(["A b"]) == [["a", "b"]]
    assert TextTokenizer().signature() == preset("none").then(JiebaTokenizer()).signature()


def test_a_tokenizer_refuses_what_is_no_text() -> None:
    with pytest.raises(InputError, match="text 2 must be a string, not float"):
        TextTokenizer("whitespace").transform(["a", float("nan")])
    with pytest.raises(InputError, match="put it into a list"):
        TextTokenizer("whitespace").transform("a b")
    with pytest.raises(UsageError, match="did you mean 'jieba'"):
        TextTokenizer("jeiba").fit([])
    with pytest.raises(UsageError, match="options are for"):
        TextTokenizer(WhitespaceTokenizer(), options={"unicode": False})("a")
    with pytest.raises(UsageError, match="clean must be"):
        TextTokenizer("whitespace", clean=7)("a")
    with pytest.raises(UsageError, match="tokenizer must be"):
        TextTokenizer(7)("a")
    broken = TextTokenizer(lambda text: text[0])
    with pytest.raises(StageError, match="record 2"):
        broken.transform(["a", ""])


@pytest.mark.parametrize("settings", [{}, FAST, NETWORK], ids=lambda each: each.get("preset", "linear"))
def test_it_answers_as_the_command_does(settings: dict[str, Any], tmp_path: Path) -> None:
    texts, labels = opinions(60)
    new, _ = opinions(17)
    with (tmp_path / "train.tsv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(zip(labels, texts, strict=True))
    options = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
    arguments = ["train-classifier", tmp_path / "train.tsv", "--seed", 3, "-o", tmp_path / "run", *options]
    assert main([str(each) for each in [*arguments, "--quiet"]]) == 0
    command = load_classifier(tmp_path / "run")
    ours = TextClassifier(**settings, seed=3).fit(texts, labels)
    assert (ours.predict_proba(new) == command.probabilities(new)).all()
    assert ours.predict(new).tolist() == [each.label for each in command.predict(new)]
    read = TextClassifier.from_run(tmp_path / "run")
    assert (read.predict_proba(new) == command.probabilities(new)).all()
    assert read.get_params()["preset"] == command.config.preset
    other = TextClassifier(**FAST, seed=3).fit(texts[:-8], labels[:-8])
    assert (other.predict_proba(new) != command.probabilities(new)).any()


def test_classes_of_any_type_are_sorted_by_value() -> None:
    texts, labels = opinions(40, labels=(10, 9))  # as text, 10 comes first
    model = TextClassifier(**FAST).fit(texts, np.array(labels))
    assert model.classes_.tolist() == [9, 10]
    named = TextClassifier(**FAST).fit(texts, [str(label) for label in labels])
    assert (model.predict_proba(texts) == named.predict_proba(texts)[:, [1, 0]]).all()
    assert (model.predict(texts) == labels).all()
    assert model.predict(texts).dtype == np.array(labels).dtype
    assert (model.classes_[model.predict_proba(texts).argmax(axis=1)] == labels).all()
    np.testing.assert_allclose(np.exp(model.predict_log_proba(texts)).sum(axis=1), 1)
    assert model.score(texts, labels) == 1
    truth = TextClassifier(**FAST).fit(pd.Series(texts), pd.Series([label == 9 for label in labels]))
    assert truth.predict(texts).tolist() == [label == 9 for label in labels]


def test_workers_searches_and_votes() -> None:
    texts, labels = opinions(48)
    assert cross_val_score(TextClassifier(**FAST), texts, labels, cv=3).min() > 0.8
    grid = {"preset": ["fast", "linear"], "cost": [0.1, 1.0], "clean": ["zh"]}
    search = GridSearchCV(TextClassifier("fast", tokenizer="characters"), grid, cv=2, error_score="raise")
    assert search.fit(texts, labels).best_score_ > 0.8
    assert set(search.cv_results_["param_cost"]) == {0.1, 1.0}
    vote = VotingClassifier(
        [
            ("text", TextClassifier(**FAST)),
            ("bag", make_pipeline(BagOfWordsVectorizer(), LogisticRegression())),
        ],
        voting="soft",
    ).fit(texts, labels)
    assert vote.score(texts, labels) == 1
    assert cross_val_predict(TextClassifier(**FAST), texts, labels, cv=2, method="predict_proba").shape == (
        48,
        2,
    )


@pytest.mark.slow
def test_two_processes_agree_with_one() -> None:
    texts, labels = opinions(48)
    alone, together = (cross_val_score(TextClassifier(**FAST), texts, labels, cv=2, n_jobs=n) for n in (1, 2))
    assert (alone == together).all()


@pytest.mark.parametrize("settings", [FAST, NETWORK], ids=lambda each: each["preset"])
def test_pickles_and_folders_keep_everything(settings: dict[str, Any], tmp_path: Path) -> None:
    texts, labels = opinions(40, labels=(0, 1))
    model = TextClassifier(**settings).fit(texts, labels)
    copy = pickle.loads(pickle.dumps(model))
    assert (copy.predict_proba(texts) == model.predict_proba(texts)).all()
    assert (copy.classes_ == model.classes_).all()
    model.save(tmp_path / "run")
    read = TextClassifier.from_run(tmp_path / "run")
    assert (read.predict_proba(texts) == model.predict_proba(texts)).all()
    assert textkit.load(tmp_path / "run", "classifier").labels == ("0", "1")
    with pytest.raises(CheckpointError, match="already exists"):
        model.save(tmp_path / "run")
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "run_")


def test_a_pickle_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    model = TextClassifier(**FAST).fit(*opinions(20))
    model.run_ = {"../out.txt": b"x", **model.run_}
    with pytest.raises(CheckpointError, match="no name of a run's file"):
        model.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_fit_leaves_the_last_one() -> None:
    texts, labels = opinions(20)
    model = TextClassifier(**FAST).fit(texts, labels)
    before = model.predict_proba(texts)
    with pytest.raises(InputError, match="all 20 texts have the label"):
        model.fit(texts, ["one"] * 20)
    assert (model.predict_proba(texts) == before).all()


def test_what_it_refuses() -> None:
    texts, labels = opinions(20)
    with pytest.raises(NotFittedError):
        TextClassifier().predict(texts)
    with pytest.raises(TypeError, match="no setting 'lerning_rate'"):
        TextClassifier(lerning_rate=1)
    with pytest.raises(UsageError, match="'epochs' is for networks"):
        TextClassifier(epochs=3).fit(texts, labels)
    with pytest.raises(UsageError, match="setting 'cost'"):
        TextClassifier(cost=-1.0).fit(texts, labels)
    with pytest.raises(InputError, match="20 texts need as many labels"):
        TextClassifier().fit(texts, labels[:-1])
    with pytest.raises(InputError, match="text 1 must be a string"):
        TextClassifier().fit(np.zeros((4, 2)), [0, 1, 0, 1])
    with pytest.raises(InputError, match="put it into a list"):
        TextClassifier(**FAST).fit(texts, labels).predict("one text")


def test_every_setting_is_a_parameter() -> None:
    assert set(TextClassifier().get_params()) == set(ClassifierConfig.model_fields)
    assert TextClassifier("book").config() == ClassifierConfig(preset="book")
    union = FeatureUnion([("words", BagOfWordsVectorizer(TextTokenizer("characters")))])
    assert union.fit_transform(["好", "很好"]).toarray().tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("kind", [list, pd.Series, lambda labels: np.array(labels, object)])
def test_a_text_without_a_label_is_named(missing: Any, kind: Any) -> None:
    texts, labels = opinions(8, labels=(0.0, 1.0))
    labels[2] = missing
    with pytest.raises(InputError, match=r"text 3 has no label but (None|nan|<NA>|NaT); leave out"):
        TextClassifier(**FAST).fit(texts, kind(labels))


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (np.array([1, "pos"], object), "the labels cannot be sorted: .*; give labels of one kind"),
        (("neg", "\ud800"), r"the label of text 2 is '\\ud800', which no file can hold"),
    ],
)
def test_labels_that_are_none(labels: Any, what: str) -> None:
    texts, given = opinions(8, labels=labels)
    with pytest.raises(InputError, match=what):
        TextClassifier(**FAST).fit(texts, np.array(given, object))
