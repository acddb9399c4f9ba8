"""Against KenLM: its Python package reads what we write and gives our scores; its estimator, our model."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.arpa.writer import read_arpa, write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab


def real_lines(name: str) -> list[list[str]]:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    text = (Path(os.environ["TEXTKIT_DATA"]) / "lm" / name).read_text(encoding="utf-8")
    # KenLM reads <unk> in its input as the special word; lmplz leaves it out when told to skip symbols
    return [[word for word in line.split() if word != "<unk>"] for line in text.splitlines()]


def encoded(vocab: Vocab, lines: list[list[str]]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)


def estimate(name: str, order: int, lines: list[list[str]]) -> NgramModel:
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    counts = NgramCounts.count(encoded(vocab, lines), order=order, vocab_size=len(vocab))
    return make_smoothing(name).estimate(counts, vocab)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("modified-kneser-ney", 2),
        ("modified-kneser-ney", 5),
        ("kneser-ney", 3),
        ("witten-bell", 3),
        ("absolute", 3),
        ("jelinek-mercer", 3),
    ],
)
def test_kenlm_scores_what_we_write_as_we_do(name: str, order: int, tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm")
    model = estimate(name, order, real_lines("wikitext2-valid.txt")[:1000])
    write_arpa(model, tmp_path / "m.arpa")
    peer = kenlm.Model(str(tmp_path / "m.arpa"))
    heldout = real_lines("wikitext2-test.txt")[:600]
    corpus = encoded(model.vocab, heldout)
    log10, lengths = model.scores(corpus)
    each = [(p, n, oov) for line in heldout for p, n, oov in peer.full_scores(" ".join(line))]
    # the same single precision numbers, added in the same order
    np.testing.assert_allclose(log10, [p for p, _, _ in each], rtol=0, atol=1e-6)
    assert lengths.tolist() == [n for _, n, _ in each]
    assert (corpus.ids == 0).tolist() == [oov for _, _, oov in each]
    assert any(oov for _, _, oov in each)
    sentences = [" ".join(line) for line in heldout]
    sums = model.score_sentences(sentences)
    # KenLM adds up in single precision: of a sum of some hundreds the fourth decimal is uncertain
    np.testing.assert_allclose(sums, list(map(peer.score, sentences)), rtol=1e-6, atol=1e-4)
    perplexity = 10 ** (-sum(p for p, _, _ in each) / len(each))
    assert 10 ** (-sums.sum() / len(each)) == pytest.approx(perplexity, rel=1e-6)


@pytest.mark.data
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("text", ["wikitext2-valid.txt", "shakespeare.txt"])
def test_lmplz_estimates_the_same_model(text: str, order: int, tmp_path: Path) -> None:
    if shutil.which("lmplz") is None:
        pytest.skip("KenLM's lmplz is not on the PATH")
    lines = real_lines(text)
    (tmp_path / "text").write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
    command = ["lmplz", "-o", str(order), "-S", "500M", "-T", str(tmp_path)]
    command += ["--text", str(tmp_path / "text"), "--arpa", str(tmp_path / "theirs.arpa")]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = estimate("modified-kneser-ney", order, lines), read_arpa(tmp_path / "theirs.arpa")
    # the same n-grams, numbered differently: by the words' ids in our vocabulary
    ids = {token: i for i, token in enumerate((*ours.vocab.tokens, "<s>"))}
    renumber = np.array([ids[token] for token in (*theirs.vocab.tokens, "<s>")])
    for k in range(1, order + 1):
        size = ours.trie.size(k)
        assert theirs.trie.size(k) == size
        words = renumber[theirs.trie.ngrams(k, np.arange(size))]
        rows = words[:, 0]
        for j in range(2, k + 1):
            rows = ours.trie.find(j, rows, words[:, j - 1])
        assert np.array_equal(np.sort(rows), np.arange(size))
        np.testing.assert_allclose(ours.log_prob[k - 1].at(rows), theirs.log_prob[k - 1].all(), atol=1e-6)
        if k < order:
            expected = theirs.log_backoff[k - 1].all()
            np.testing.assert_allclose(ours.log_backoff[k - 1].at(rows), expected, atol=1e-6)
