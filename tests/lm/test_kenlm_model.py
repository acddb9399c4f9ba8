"""The stand-in for kenlm.Model, word by word beside the real one."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.kenlm_model import LanguageModel, Model, State
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import save_ngram
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab

WORDS = ["the", "of", "der", "猫", "café", "a", "dog", "ran"]
ODD = ["", "zebra", "the zebra <unk> of", "the </s> a", "a <s> the", "a\u00a0b the\x1cof", " a\tdog\x0bran\n"]


def sentences(*, count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    sizes = random.integers(0, 9, size=count)
    return [" ".join(random.choice(WORDS, size=size, p=weights / weights.sum())) for size in sizes]


@pytest.fixture(scope="module")
def trained() -> NgramModel:
    lines = [line.split() for line in sentences(count=150, seed=1)]
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    counts = NgramCounts.count(corpus, order=4, vocab_size=len(vocab))
    return make_smoothing("modified-kneser-ney").estimate(counts, vocab)


@pytest.fixture(scope="module")
def path(trained: NgramModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kenlm") / "model.arpa"
    write_arpa(trained, path)
    return path


@pytest.fixture(scope="module")
def ours(path: Path) -> Model:
    return Model(str(path))


@pytest.fixture(scope="module")
def peer(path: Path) -> Any:
    kenlm = pytest.importorskip("kenlm")
    config = kenlm.Config()
    config.show_progress = False
    return kenlm.Model(str(path), config)


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize("eos", [True, False])
def test_sentences(ours: Model, peer: Any, bos: bool, eos: bool) -> None:
    for line in [*sentences(count=100, seed=2), *ODD]:
        assert ours.score(line, bos, eos) == pytest.approx(peer.score(line, bos, eos), abs=1e-5)
        expected = list(peer.full_scores(line, bos, eos))
        found = list(ours.full_scores(line, bos=bos, eos=eos))
        assert [rest for _, *rest in found] == [rest for _, *rest in expected]
        logs = [word.log_prob for word in found]
        np.testing.assert_allclose(logs, [p for p, *_ in expected], atol=1e-6)


def test_perplexity(ours: Model, peer: Any) -> None:
    for line in [*sentences(count=20, seed=3), *ODD]:
        assert ours.perplexity(line) == pytest.approx(peer.perplexity(line), rel=1e-5)


def test_states_lead_and_compare_as_kenlms(ours: Model, peer: Any) -> None:
    import kenlm

    pairs = []
    for number, line in enumerate([*sentences(count=100, seed=4), *ODD]):
        mine, theirs = State(), kenlm.State()
        for model, state in ((ours, mine), (peer, theirs)):
            model.NullContextWrite(state) if number % 5 == 0 else model.BeginSentenceWrite(state)
        for word in [*line.split(), "</s>", "the", "<s>", "of"]:
            after, theirs_after = State(), kenlm.State()
            found = ours.BaseFullScore(mine, word, after)
            expected = peer.BaseFullScore(theirs, word, theirs_after)
            assert found.log_prob == pytest.approx(expected.log_prob, abs=1e-6)
            assert (found.ngram_length, found.oov) == (expected.ngram_length, expected.oov)
            assert ours.BaseScore(mine, word, State()) == found.log_prob
            mine, theirs = after, theirs_after
            pairs.append((mine, theirs))
    assert len({mine for mine, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(set(pairs))


def test_a_state_can_be_written_over(ours: Model) -> None:
    state, total = State(), 0.0
    ours.BeginSentenceWrite(state)
    for word in ("the", "of", "猫", "</s>"):
        total += ours.BaseScore(state, word, state)
    assert total == pytest.approx(ours.score("the of 猫"))
    ours.NullContextWrite(state)
    assert state == State() == copy.copy(state)


def test_words(ours: Model, peer: Any) -> None:
    for word in (*WORDS, "zebra", "<s>", "</s>", "<unk>", "", "caf"):
        assert (word in ours) == (word in peer)
    assert b"the" in ours


def test_what_it_is_made_of(trained: NgramModel, ours: Model, path: Path, tmp_path: Path) -> None:
    assert ours.order == 4
    assert ours.path == str(path).encode()
    assert repr(ours) == "<Model from model.arpa>"
    assert LanguageModel is Model
    save_ngram(trained, tmp_path / "folder")
    for other in (pickle.loads(pickle.dumps(ours)), Model(path), Model(tmp_path / "folder")):
        assert other.score("the of 猫") == pytest.approx(ours.score("the of 猫"))
    assert ours.score("猫 of".encode()) == ours.score("猫 of")


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.arpa: cannot be read: no such file"):
        Model(tmp_path / "none.arpa")
