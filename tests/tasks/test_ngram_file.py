"""n-gram models as files: what is read is what was written, in every form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.lm.arpa import write_arpa
from textkit.lm.estimate import estimate
from textkit.lm.kenlm_model import Model
from textkit.tasks.language_model import load_model, make_config, train
from textkit.tasks.language_model.ngram_file import SavedNgram, read_ngram_file, write_ngram_file
from textkit.tasks.language_model.ngram_info import describe_ngram
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

LINES = ["the Cat sat", "a dog sat  on the cat", "", "THE dog saw", "a cat"] * 5


@pytest.fixture
def run(tmp_path: Path) -> Path:
    config = make_config({"model": "ngram", "order": 3, "clean": "sentiment", "smoothing": "witten-bell"})
    train(LINES, config, out=tmp_path / "run")
    return tmp_path / "run"


def forms(saved: SavedNgram, folder: Path) -> Iterator[tuple[str, Path]]:
    for name in ("folder", "m.arpa", "m.arpa.gz", "m.gz", "M.ARPA"):
        write_ngram_file(saved, folder / name)
        yield name, folder / name


def test_every_form_is_the_same_model(run: Path, tmp_path: Path) -> None:
    saved = read_ngram_file(run)
    assert saved.pipeline("The  CAT") == ["the", "cat"]
    text = load_model(run).measure(LINES).corpus
    expected = saved.model.log_probs(text)
    for name, path in forms(saved, tmp_path):
        again = read_ngram_file(path)
        np.testing.assert_allclose(again.model.log_probs(text), expected, atol=1e-6)
        assert again.model.vocab.tokens == saved.model.vocab.tokens
        kenlms = Pipeline.of(WhitespaceTokenizer(unicode=False))
        assert again.pipeline == (saved.pipeline if name == "folder" else kenlms)
        loaded = load_model(path)
        assert loaded.pipeline == again.pipeline
        np.testing.assert_array_equal(loaded.model.log_probs(text), again.model.log_probs(text))


def test_the_run_holds_its_model_as_a_folder_that_the_manifest_vouches_for(run: Path) -> None:
    import json

    files = json.loads((run / "manifest.json").read_text())["files"]
    assert sorted(files) == ["config.toml", "model/header.json", "pipeline.json", "vocab.txt"]
    assert (run / "model" / "vocab.txt").read_bytes() == (run / "vocab.txt").read_bytes()
    assert not list(run.glob("*.safetensors"))


def test_a_model_of_another_run_is_refused(run: Path, tmp_path: Path) -> None:
    train(LINES, make_config({"model": "ngram", "order": 3}), out=tmp_path / "other")
    (run / "model" / "header.json").write_bytes((tmp_path / "other" / "model" / "header.json").read_bytes())
    with pytest.raises(CheckpointError, match=r"model/header.json: damaged: checksum differs from manifest"):
        load_model(run)


def test_a_folder_without_a_pipeline_takes_words_between_blanks(run: Path, tmp_path: Path) -> None:
    from textkit.lm.ngram.folder import save_ngram

    save_ngram(read_ngram_file(run).model, tmp_path / "bare")
    assert read_ngram_file(tmp_path / "bare").pipeline == Pipeline.of(WhitespaceTokenizer(unicode=False))


def test_words_of_arpa_files_are_kenlms(tmp_path: Path) -> None:
    """No-break and ideographic spaces, and others beyond ASCII, stand inside of words."""
    kenlm = pytest.importorskip("kenlm")
    lines = ["a\u3000b c", "c a\u00a0b a\u3000b", "a b\x1cc", "c\u2028c a\u3000b", "b\x85 c"] * 4
    model = estimate(lines, order=3, tokenize=WhitespaceTokenizer(unicode=False))
    assert {"a\u3000b", "a\u00a0b", "b\x1cc", "c\u2028c", "b\x85"} <= set(model.vocab.tokens)
    write_arpa(model, tmp_path / "m.arpa")
    config = kenlm.Config()
    config.show_progress = False
    peer = kenlm.Model(str(tmp_path / "m.arpa"), config)
    saved, stand_in = read_ngram_file(tmp_path / "m.arpa"), Model(tmp_path / "m.arpa")
    assert saved.model.vocab.tokens == model.vocab.tokens
    texts = [*lines[:5], "a\u3000b\tc\x0ba\x0cb\rc  ", "\u3000", "c\u00a0", "a\u2003b \x1c c"]
    expected = [peer.score(text) for text in texts]
    np.testing.assert_allclose(saved.model.score_sentences(texts), expected, rtol=1e-5)
    np.testing.assert_allclose([stand_in.score(text) for text in texts], expected, rtol=1e-5)
    for text in texts:
        words = list(peer.full_scores(text))
        found = saved.model.full_scores(saved.pipeline(text))
        assert [(score.ngram_length, score.oov) for score in found] == [tuple(word[1:]) for word in words]
    corpus = load_model(tmp_path / "m.arpa").measure(texts).corpus
    sums = np.add.reduceat(saved.model.log_probs(corpus), corpus.offsets[:-1]) / np.log(10)
    np.testing.assert_allclose(sums, expected, rtol=1e-5)


def test_quantised_on_the_way_out(run: Path, tmp_path: Path) -> None:
    write_ngram_file(read_ngram_file(run), tmp_path / "q", quantise=True)
    assert all(table.quantised for table in read_ngram_file(tmp_path / "q").model.log_prob)


def test_arpa_packed_otherwise_is_no_folder(run: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"m.arpa.xz: n-grams as text are packed as .gz only; name it m.arpa.gz"
    ):
        write_ngram_file(read_ngram_file(run), tmp_path / "m.arpa.xz")
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_what_is_in_the_way_stays(run: Path, tmp_path: Path) -> None:
    before = sorted(run.rglob("*"))
    with pytest.raises(TextkitError, match="already exists; remove it or choose another name"):
        write_ngram_file(read_ngram_file(run), run)
    assert sorted(run.rglob("*")) == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_what_is_no_ngram_model(tmp_path: Path) -> None:
    small = {"epochs": 1, "embedding": 4, "hidden": 4, "batch_size": 2, "steps": 3}
    train(LINES, make_config({"model": "gru", **small}), out=tmp_path / "gru")
    (tmp_path / "text").write_text("no model\n")
    (tmp_path / "empty").mkdir()
    for name, error, message in [
        ("gru", UsageError, "gru: a model of the kind gru; this is for n-gram models"),
        ("text", InputError, "text:1: "),
        ("empty", CheckpointError, "empty: not a textkit run: has no readable manifest.json"),
        ("none", CheckpointError, "none: there is no such run, model folder or ARPA file"),
    ]:
        with pytest.raises(error, match=message):
            read_ngram_file(tmp_path / name)


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("smoothing", ["witten-bell", "add-k", "kneser-ney", "jelinek-mercer"])
def test_sums_over_the_vocabulary_are_one(order: int, smoothing: str, tmp_path: Path) -> None:
    config = make_config({"model": "ngram", "order": order, "smoothing": smoothing})
    train(LINES, config, out=tmp_path / "run")
    info = describe_ngram(tmp_path / "run")
    assert info.proper
    assert info.histories == (1 if order == 1 else info.histories)
    assert info.least_sum <= 1 + 1e-5
    assert info.greatest_sum >= 1 - 1e-5


def test_histories_are_drawn_from_the_seed(run: Path) -> None:
    assert describe_ngram(run, seed=3) == describe_ngram(run, seed=3)
