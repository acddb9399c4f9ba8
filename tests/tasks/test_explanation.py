"""Explanations of trained classifiers: words of the raw text, and sums that hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textkit.errors import UsageError
from textkit.tasks.classification import (
    ClassifierConfig,
    LabelledTexts,
    SavedClassifier,
    load_classifier,
    train,
)
from textkit.tasks.classification.explanation import explain, methods_of, placed_words
from textkit.tasks.classification.global_explanation import (
    driving_features,
    driving_words,
    mistake_groups,
)
from textkit.tasks.classification.linear import LinearClassifier
from textkit.tasks.classification.network import NetworkClassifier
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.characters import CharacterTokenizer

GOOD = ["房间很好", "服务真好，满意", "很满意", "位置好，早餐也好", "干净，满意"]
BAD = ["房间很差", "服务真差，失望", "很失望", "位置差，早餐也差", "太脏，失望"]
TEXTS = LabelledTexts.of([(text, "好评") for text in GOOD * 6] + [(text, "差评") for text in BAD * 6])
ODD = "Ａ早餐  好,好<b>滿意</b>！"
SMALL = {"embedding": 8, "hidden": 8, "epochs": 12, "dropout": 0.0, "learning_rate": 0.02, "min_count": 1}


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> SavedClassifier:
    path = tmp_path_factory.mktemp("runs") / "linear"
    train(TEXTS, ClassifierConfig(min_df=1, characters=2), out=path)
    return load_classifier(path)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SavedClassifier:
    path: Path = tmp_path_factory.mktemp("runs") / "cnn"
    train(TEXTS, ClassifierConfig(preset="textcnn", **SMALL), out=path, dev=TEXTS)
    return load_classifier(path)


def margin(saved: SavedClassifier, text: str, target: str) -> float:
    scores = saved.classifier.scores([text])[0]
    place = saved.labels.index(target)
    return float(scores[place] - np.delete(scores, place).max())


@pytest.mark.parametrize("text", [*GOOD[:2], BAD[1], ODD, "", "  ", "zzz", "没见过"])
@pytest.mark.parametrize("target", [None, "好评", "差评"])
def test_contributions_sum_to_the_margin(linear: SavedClassifier, text: str, target: str | None) -> None:
    (found,) = explain(linear, [text], target=target)
    assert found.method == "contributions"
    assert target is None or found.target == target
    assert found.value == pytest.approx(margin(linear, text, found.target), abs=1e-5)
    assert found.rest is not None
    assert sum(word.score for word in found.words) + found.rest == pytest.approx(found.value, abs=1e-9)
    assert all(text[word.start : word.end] == word.text for word in found.words)


def test_what_pairs_of_words_count_goes_to_the_words(tmp_path: Path) -> None:
    spaced = LabelledTexts.of([("not good", "-"), ("good room", "+"), ("so good", "+"), ("bad", "-")] * 4)
    config = ClassifierConfig(characters=0, tokenizer="whitespace", clean="none")
    train(spaced, config, out=tmp_path / "run")
    saved = load_classifier(tmp_path / "run")
    (found,) = explain(saved, ["not  good room"], target="-")
    assert isinstance(saved.classifier, LinearClassifier)
    bias = saved.classifier.contributions("not  good room").bias
    assert found.rest == pytest.approx(bias[saved.labels.index("-")] - bias[saved.labels.index("+")])


@pytest.mark.parametrize("method", ["integrated-gradients", "gradient-x-input", "saliency", "leave-one-out"])
def test_networks_are_explained_by_word(network: SavedClassifier, method: str) -> None:
    texts = [*GOOD, *BAD, ODD, "", "没见过"]
    found = explain(network, texts, method=method)  # type: ignore[arg-type]
    assert [each.text for each in found] == texts
    for each in found:
        assert each.value == pytest.approx(margin(network, each.text, each.target), abs=1e-4)
        words = placed_words(each.text, network.pipeline)
        assert [(word.start, word.end) for word in each.words] == [(t.start, t.end) for t in words]
        if method == "integrated-gradients":
            assert each.rest is not None
            assert sum(word.score for word in each.words) + each.rest == pytest.approx(each.value, abs=1e-9)
            zeros = 0 if each.words else each.value
            assert abs(each.rest - zeros) < 10  # the baseline's margin; checked exactly in tests/explain
    shown = {word.text: word.score for word in found[1].words}
    if method != "saliency":
        assert max(shown, key=lambda word: shown[word]) in ("好", "真好", "满意")
    again = explain(network, [texts[1]], method=method)[0]  # type: ignore[arg-type]
    assert [w.score for w in again.words] == pytest.approx([w.score for w in found[1].words], abs=1e-2)


def test_leave_one_out_is_what_is_lost(linear: SavedClassifier) -> None:
    (found,) = explain(linear, [ODD], method="leave-one-out", target="好评")
    for word in found.words:
        left = ODD[: word.start] + ODD[word.end :]
        expected = margin(linear, ODD, "好评") - margin(linear, left, "好评")
        assert word.score == pytest.approx(expected, abs=1e-5)


def test_words_are_those_of_the_raw_text() -> None:
    found = placed_words(ODD, preset("sentiment").then(CharacterTokenizer()))
    assert "".join(token.text for token in found) == "a早餐好好满意"
    assert "".join(ODD[token.start : token.end] for token in found) == "Ａ早餐好好滿意"
    with pytest.raises(UsageError, match="must be a tokenizer"):
        placed_words("a", Pipeline.of(str.split))


def test_methods_and_names_that_do_not_fit(linear: SavedClassifier, network: SavedClassifier) -> None:
    assert methods_of(linear.classifier)[0] == "contributions"
    assert methods_of(network.classifier)[0] == "integrated-gradients"
    with pytest.raises(UsageError, match="not for this classifier; use one of: contributions, leave-one-out"):
        explain(linear, ["好"], method="saliency")
    with pytest.raises(UsageError, match="unknown method 'salience': did you mean 'saliency'"):
        explain(network, ["好"], method="salience")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unknown label '好': "):
        explain(network, ["好"], target="好")


def test_words_beyond_the_greatest_length_count_nothing(tmp_path: Path) -> None:
    config = ClassifierConfig(preset="embedding-bag", embedding=8, epochs=1, min_count=1, max_length=8)
    train(TEXTS, config, out=tmp_path / "run", dev=TEXTS)
    (found,) = explain(load_classifier(tmp_path / "run"), ["好，" * 10])
    assert len(found.words) == 20
    assert all(word.score == 0 for word in found.words[8:])
    assert any(word.score for word in found.words[:8])


def test_driving_words_of_many_texts(linear: SavedClassifier, network: SavedClassifier) -> None:
    for saved in (linear, network):
        found = driving_words(explain(saved, TEXTS.texts), saved.labels, top=4)
        assert {"满意"} <= {word.word for word in found["好评"]}
        assert {"失望"} <= {word.word for word in found["差评"]}
        best = next(word for word in found["差评"] if word.word == "失望")
        assert best.texts == 18
        effects = [word.effect for word in found["好评"]]
        assert effects == sorted(effects, reverse=True)
    features = driving_features(linear.classifier, top=3)
    assert set(features) == {"好评", "差评"}
    assert all(word.effect > 0 for words in features.values() for word in words)
    with pytest.raises(UsageError, match="--global FILE"):
        driving_features(network.classifier)


def test_hashed_features_have_no_names(tmp_path: Path) -> None:
    train(TEXTS, ClassifierConfig(preset="fast"), out=tmp_path / "fast")
    saved = load_classifier(tmp_path / "fast")
    with pytest.raises(UsageError, match="hashed features have no names; give texts"):
        driving_features(saved.classifier)
    (found,) = explain(saved, ["房间很好，满意"])
    assert found.top(1)[0].text in ("好", "满意")
    assert sum(word.score for word in found.words) + (found.rest or 0) == pytest.approx(found.value)


def test_the_network_explained_is_the_one_that_decides(network: SavedClassifier) -> None:
    from textkit.tasks.classification.deciding_network import DecidingNetwork

    classifier = network.classifier
    assert isinstance(classifier, NetworkClassifier)
    deciding = DecidingNetwork.of(classifier)
    found = deciding(*classifier.encode(GOOD + BAD)).detach().numpy()
    np.testing.assert_allclose(found, classifier.scores(GOOD + BAD), atol=1e-5)


def test_what_is_explained_is_the_answer_that_thresholds_give(
    linear: SavedClassifier, network: SavedClassifier
) -> None:
    for saved in (linear, network):
        low = saved.deciding(thresholds={"好评": 0.001})
        assert saved.predict([BAD[0]])[0].label == "差评"
        for method in (None, "leave-one-out"):
            bad, good = explain(low, [BAD[0], GOOD[0]], method=method)  # type: ignore[arg-type]
            assert bad.target == low.predict([BAD[0]])[0].label == "好评"
            assert bad.value == pytest.approx(margin(saved, BAD[0], "好评"), abs=1e-4)
            assert bad.value < 0 < good.value
        (group,) = mistake_groups(low, LabelledTexts.of([(BAD[0], "差评")], labels=low.labels))
        assert (group.label, group.answer) == ("差评", "好评")


def test_mistakes_are_grouped_by_what_misled(linear: SavedClassifier) -> None:
    wrong = [("很满意", "差评"), ("真好，满意", "差评"), ("失望", "好评"), ("房间很好", "好评")]
    groups = mistake_groups(linear, LabelledTexts.of(wrong, labels=linear.labels), groups=2)
    kinds = {(group.label, group.answer): group for group in groups}
    assert set(kinds) == {("差评", "好评"), ("好评", "差评")}
    assert kinds["好评", "差评"].words[0][0] == "失望"
    assert sum(len(group.texts) for group in groups) == 3
    assert all(group.example.text in group.texts for group in groups)
    assert mistake_groups(linear, LabelledTexts.of([("满意", "好评")], labels=linear.labels)) == []
