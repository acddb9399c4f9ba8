"""Training a tagger: which networks learn, what is held out and told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from textkit.data.spans import TaggedSentence
from textkit.errors import InputError, UsageError
from textkit.tasks import tagging
from textkit.tasks.configuration import make_settings
from textkit.tasks.tagging import TaggerConfig, load_tagger
from textkit.train.checkpoint import RunFolder

from .journey_sentences import config, sentences


@pytest.mark.parametrize(
    "settings",
    [
        {"output_layer": "softmax", "model": "gru"},
        {"constrained": False, "backend": "scratch", "model": "rnn"},
        {"letters": 0, "layers": 2},
    ],
)
def test_other_networks_learn_too(tmp_path: Path, settings: dict[str, Any]) -> None:
    reports = tagging.train(
        sentences(100, seed=1), config(epochs=5, **settings), out=tmp_path / "run", dev=sentences(30, seed=2)
    )
    assert reports["dev"].micro.f1 > 0.8
    assert load_tagger(tmp_path / "run").evaluate(sentences(30, seed=2)) == reports["dev"]


def test_without_dev_equal_sentences_stay_on_one_side(tmp_path: Path) -> None:
    said: list[str] = []
    tagging.train(sentences(120, seed=1), config(epochs=1), out=tmp_path / "run", say=said.append)
    run = RunFolder.open(tmp_path / "run")
    parts = [
        {tuple(json.loads(line)["tokens"]) for line in run.read(f"data/{name}/sentences.jsonl").splitlines()}
        for name in ("train", "dev")
    ]
    assert not parts[0] & parts[1]
    assert "training sentences are held out for validation" in said[0]


def test_what_makes_a_measure_doubtful_is_told(tmp_path: Path) -> None:
    train = sentences(60, seed=1)
    test = [*train[:3], TaggedSentence(("by", "train"), ("O", "B-means"))]
    said: list[str] = []
    reports = tagging.train(
        train, config(epochs=1), out=tmp_path / "run", dev=test, test=test, say=said.append
    )
    assert "3 of 4 dev sentences also stand in the training sentences" in said
    assert "the test sentences have tags that the training sentences lack: B-means" in said
    for name in ("dev", "test"):  # what cannot be learnt is measured all the same
        assert reports[name].sentences == 4
        assert reports[name].labels["means"].wanted == 1
    assert list(reports) == ["dev", "test"]
    assert tagging.resume(tmp_path / "run") == reports


def test_a_tokenizer_that_does_not_fit_is_told(tmp_path: Path) -> None:
    for name, told in (("characters", 1), ("regex", 0)):
        said: list[str] = []
        out = tmp_path / name
        tagging.train(sentences(30, seed=1), config(epochs=1, tokenizer=name), out=out, say=said.append)
        warning = "the tokenizer 'characters' finds other words in 100% of the training sentences"
        assert sum(warning in line for line in said) == told


def test_ill_formed_tags_are_read_as_the_spans_they_spell(tmp_path: Path) -> None:
    odd = [
        TaggedSentence(each.tokens, tuple(tag.replace("B-", "I-") for tag in each.tags))
        for each in sentences(60, seed=1)
    ]
    tagging.train(odd, config(epochs=1), out=tmp_path / "run")
    assert {tag[0] for tag in load_tagger(tmp_path / "run").inventory.tags.tokens} == {"B", "I", "O"}


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([], "train: there is no sentence; give tagged sentences"),
        ([TaggedSentence((), ())], "train: there is no sentence"),
        ([TaggedSentence(("a", "b"), ("O",))], "train: sentence 1: has 2 tokens and 1 tags; give a tag"),
        ([TaggedSentence(("a",), ("S-x",))], "train: sentence 1: a tag is O, or B- or I- and a label"),
        ([TaggedSentence((" ",), ("O",))], "train: sentence 1: a token is empty or white space"),
        ([TaggedSentence(("a",), ("O",))] * 5, "train: 5 sentences, 1 of them different, are too few to"),
    ],
)
def test_what_cannot_be_learnt_from(tmp_path: Path, train: list[TaggedSentence], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tagging.train(train, config(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_dev_set_of_other_tags_alone_is_refused(tmp_path: Path) -> None:
    dev = [TaggedSentence(("by", "train"), ("O", "B-means"))]
    with pytest.raises(InputError, match="dev: every sentence has a tag that the training sentences lack"):
        tagging.train(sentences(20, seed=1), config(), out=tmp_path / "run", dev=dev)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hiden": 3}, "unknown setting 'hiden': did you mean 'hidden'"),
        ({"output_layer": "hmm"}, "setting 'output_layer'"),
        ({"dropout": 1.0}, "setting 'dropout'"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_settings(TaggerConfig, settings)


def test_settings_survive_their_file() -> None:
    import tomllib

    for each in (config(), config(tokenizer="jieba", max_vocab=50)):
        assert make_settings(TaggerConfig, tomllib.loads(each.toml())) == each
