"""Training a translator: what a run holds, what it learns, and an interrupted one that equals a whole one."""

from __future__ import annotations

import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import CheckpointError, InputError, Interrupted, UsageError
from textkit.tasks import translation
from textkit.tasks.configuration import make_settings
from textkit.tasks.translation import TranslationDecoding, TranslatorConfig
from textkit.tasks.translation.presets import PRESETS
from textkit.tasks.translation.saved import load_config
from textkit.tasks.translation.sides import Sides
from textkit.tasks.translation.training import resume, train
from textkit.text.pairs import Pair
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log

WHO = {"je": "I", "tu": "you", "nous": "we", "elle": "she"}
WHAT = {"vois": "see", "veux": "want", "lis": "read", "prends": "take", "perds": "lose"}
WHICH = {"le livre": "the book", "une carte": "a card", "la lettre": "the letter"}
PAIRS = [
    Pair(f"{who} {what} {which} .", f"{WHO[who]} {WHAT[what]} {WHICH[which]} .")
    for which in WHICH for what in WHAT for who in WHO
]  # fmt: skip
HELD_OUT = PAIRS[::10]
SMALL: dict[str, Any] = {
    "width": 16, "layers": 1, "tokenizer": "whitespace", "learning_rate": 0.01, "warmup": 3,
    "batch_tokens": 64, "max_steps": 12, "validate_every": 5, "valid_bleu": 4, "log_every": 4,
    "precision": "fp32", "device": "cpu", "dropout": 0.2,
}  # fmt: skip
TRANSFORMER = {"heads": 2, "feed_forward": 24}
GRU = {"preset": "rnn"}


def config(**settings: Any) -> TranslatorConfig:
    return make_settings(TranslatorConfig, SMALL | settings)


@pytest.mark.parametrize(
    "settings",
    [
        TRANSFORMER | {"average": 0.9, "accumulate": 2},
        TRANSFORMER | {"precision": "bf16", "norm": "post", "joint": False},
        GRU | {"teacher_forcing": 0.6, "label_smoothing": 0.0},
    ],
    ids=["averaged", "bf16", "teacher-forcing"],
)
def test_interrupted_and_resumed_equals_uninterrupted(
    tmp_path: Path, settings: dict[str, Any], fingerprint: Any, interrupt_at: Any
) -> None:
    whole = train(PAIRS, config(**settings), out=tmp_path / "whole", test=HELD_OUT)
    stops = {2, 7, 11}
    watch = interrupt_at(stops)
    with pytest.raises(Interrupted, match=r"nothing is lost; go on with: textkit train-nmt --resume") as told:
        train(PAIRS, config(**settings), out=tmp_path / "cut", test=HELD_OUT, watch=watch)
    assert told.value.status == 128 + signal.SIGINT
    while stops:
        with pytest.raises(Interrupted):
            resume(tmp_path / "cut", watch=watch)
    assert resume(tmp_path / "cut") == whole
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Transformer that has learnt a little; tests leave its run as it is."""
    path = tmp_path_factory.mktemp("translator") / "run"
    said: list[str] = []
    settings = TRANSFORMER | {"dropout": 0.0, "max_steps": 160, "validate_every": 80, "batch_tokens": 200}
    results = train(PAIRS, config(**settings), out=path, valid=HELD_OUT, test=HELD_OUT, say=said.append)
    assert said[0] == f"{len(HELD_OUT)} of {len(HELD_OUT)} valid pairs also stand in the training pairs"
    assert list(results) == ["valid", "test"]
    assert results["valid"].translated == 4
    assert results["test"].translated == results["test"].pairs == len(HELD_OUT)
    return path


def test_what_it_learns_is_translated_and_measured(trained: Path) -> None:
    run = RunFolder.open(trained)
    results = run.document["results"]
    assert run.kind == "translator"
    assert results["test"]["perplexity"] < 2
    assert results["test"]["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:13a")
    translator = translation.load_translator(trained)
    found = translator.translate([pair.source for pair in HELD_OUT], TranslationDecoding(beam=5))
    right = sum(best[0].text == pair.target for best, pair in zip(found, HELD_OUT, strict=True))
    assert right >= len(HELD_OUT) - 1
    records = [record for record in Log(trained / "log.jsonl").records() if "valid_loss" in record]
    assert [record["step"] for record in records] == [80, 160]
    assert records[-1]["valid_bleu"] > records[0]["valid_bleu"] - 1e-9
    assert results["valid"]["loss"] == pytest.approx(
        min(record["valid_loss"] for record in records), rel=1e-4
    )


def test_the_loss_is_that_of_forced_references(trained: Path) -> None:
    translator = translation.load_translator(trained)
    forced = list(translator.score((pair.source, pair.target) for pair in HELD_OUT))
    result = RunFolder.open(trained).document["results"]["test"]
    total = -sum(each.log_prob for each in forced)
    assert result["loss"] * result["tokens"] == pytest.approx(total, rel=1e-4)


def test_both_sides_go_through_one_vocabulary_or_two(tmp_path: Path, trained: Path) -> None:
    joint = Sides.load(RunFolder.open(trained))
    assert joint.joint
    assert joint.source_vocab.tokens[:2] == ("<unk>", "</s>")
    settings = TRANSFORMER | {"joint": False, "target_tokenizer": "characters", "max_steps": 1}
    train(PAIRS, config(**settings), out=tmp_path / "run")
    sides = Sides.load(RunFolder.open(tmp_path / "run"))
    assert not sides.joint
    assert "livre" in sides.source_vocab
    assert "book" not in sides.target_vocab
    ids = sides.encode_target(["the book"])[0].tolist()
    assert ids[-1] == 1
    assert sides.target_tokens([*ids, 5, 6]) == list("thebook")
    (tmp_path / "run" / "source-vocab.txt").write_text("x")
    with pytest.raises(CheckpointError, match=r"source-vocab.txt: damaged: checksum differs"):
        Sides.load(RunFolder.open(tmp_path / "run"))


def test_going_on_longer_equals_having_asked_for_it(tmp_path: Path, fingerprint: Any) -> None:
    settings = TRANSFORMER | {"schedule": "inverse-root", "validate_every": None, "max_steps": None}
    train(PAIRS, config(**settings, epochs=1), out=tmp_path / "one")
    resume(tmp_path / "one", epochs=2)
    train(PAIRS, config(**settings, epochs=2), out=tmp_path / "two")
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    said: list[str] = []
    resume(tmp_path / "one", say=said.append)  # knows that it was to be longer
    assert "all 2 epochs are done; give more --epochs to go on" in said[0]


def test_a_budget_ends_it_and_a_longer_one_goes_on(tmp_path: Path) -> None:
    settings = TRANSFORMER | {"max_steps": None, "validate_every": None, "budget": "0.2s"}
    train(PAIRS, config(**settings), out=tmp_path / "run")
    first = RunFolder.open(tmp_path / "run").state()["progress"]
    assert first["step"] >= 1
    assert first["seconds"] + first["validation_seconds"] >= 0.2
    resume(tmp_path / "run", budget="0.0001h")
    assert RunFolder.open(tmp_path / "run").state()["progress"]["step"] >= first["step"]
    with pytest.raises(UsageError, match="a time is written 90s"):
        resume(tmp_path / "run", budget="long")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains(tmp_path: Path, preset: str) -> None:
    own: dict[str, Any] = {"width": 8, "layers": 1, "max_steps": 1, "valid_bleu": 0, "device": "cpu"}
    own |= (
        {"tokenizer": "whitespace"}
        if preset != "transformer-tiny"
        else {"vocab_size": 60, "byte_fallback": False}
    )
    results = train(
        PAIRS,
        make_settings(TranslatorConfig, {"preset": preset, "device": "cpu", **own}),
        out=tmp_path / "run",
    )
    assert results["valid"].bleu is None
    assert 1 < results["valid"].perplexity < 200


@pytest.mark.parametrize(
    ("model", "attention"), [("rnn", "dot"), ("lstm", "scaled-dot"), ("lstm", "general"), ("gru", "none")]
)
def test_recurrent_translators_train(tmp_path: Path, model: str, attention: str) -> None:
    settings = GRU | {"model": model, "attention": attention, "max_steps": 1, "valid_bleu": 0}
    settings["input_feeding"] = attention == "general"
    assert train(PAIRS, config(**settings), out=tmp_path / "run")["valid"].tokens


def test_a_run_with_settings_that_were_ignored_once_opens_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = {"min_count": 3, "batch_tokens": 100, "script_only": True}
    settings = TRANSFORMER | {"tokenizer": "sentencepiece", "vocab_size": 300, "valid_bleu": 0}
    made = make_settings(
        TranslatorConfig, {k: v for k, v in SMALL.items() if k not in ignored} | settings | {"batch_size": 9}
    )
    text = "".join(f"{name} = {str(value).lower()}\n" for name, value in ignored.items())
    toml = TranslatorConfig.toml
    monkeypatch.setattr(TranslatorConfig, "toml", lambda self: text + toml(self))
    train(PAIRS, made.model_copy(update={"max_steps": 1}), out=tmp_path / "run")
    found = load_config(RunFolder.open(tmp_path / "run"))
    assert (found.batch_size, found.min_count, found.script_only) == (9, 1, False)
    assert resume(tmp_path / "run", max_steps=2)["valid"].tokens


def test_what_cannot_be_learnt_from(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(InputError, match="train: no pair is left to learn from"):
        train([], config(), out=out)
    with pytest.raises(InputError, match="train: no pair is left"):
        train([Pair("un", " "), Pair("deux", "")], config(), out=out)
    with pytest.raises(InputError, match=r"too few pairs to hold some out \(1, different sources: 1\)"):
        train(PAIRS[:1], config(), out=out)
    with pytest.raises(InputError, match="valid: each of the 1 pairs has an empty side; give others"):
        train(PAIRS, config(), out=out, valid=[Pair("", "x")])
    with pytest.raises(InputError, match="test: there is no pair; give others"):
        train(PAIRS, config(), out=out, test=[])
    with pytest.raises(InputError, match="every pair has a side with no token, or more than 2"):
        train(PAIRS, config(max_length=2), out=out)
    with pytest.raises(UsageError, match="unknown tokenizer 'jeiba': did you mean 'jieba'"):
        train(PAIRS, config(tokenizer="jeiba"), out=out)
    assert not out.exists()


def test_what_cannot_be_resumed(tmp_path: Path, trained: Path) -> None:
    with pytest.raises(UsageError, match="max_steps must be at least 1, not 0"):
        resume(trained, max_steps=0)
    with pytest.raises(CheckpointError, match="not a textkit run"):
        resume(tmp_path / "none")
    with pytest.raises(CheckpointError, match="already exists"):
        train(PAIRS, config(), out=trained)
    train(PAIRS, config(max_steps=1), out=tmp_path / "run")
    ids = tmp_path / "run" / "data" / "train_source" / "ids.i32"
    ids.write_bytes(ids.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(CheckpointError, match=r"ids.i32: damaged: checksum differs"):
        resume(tmp_path / "run")
    valid = tmp_path / "run" / "data" / "valid" / "pairs.jsonl"
    valid.write_text('["un", 1]\n')
    run = RunFolder.open(tmp_path / "run")
    for path in (ids, valid):
        name = path.relative_to(run.path).as_posix()
        run.document["files"][name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    run.record("notes", ["forged"])
    with pytest.raises(CheckpointError, match=r"pairs.jsonl: damaged: not pairs of texts"):
        resume(tmp_path / "run")


@pytest.mark.slow
def test_the_course_learns_its_sentences_by_heart(tmp_path: Path) -> None:
    pairs = PAIRS[:20]
    config = TranslatorConfig(preset="course", device="cpu")
    results = train(pairs, config, out=tmp_path / "run", valid=pairs)
    assert results["valid"].perplexity < 1.05
    assert results["valid"].bleu == pytest.approx(100)
