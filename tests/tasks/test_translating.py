"""Saved translators: what they translate and score, in which order, and which runs they refuse."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import textkit
from textkit.decode.exhaustive import exhaustive_search
from textkit.errors import CheckpointError, StageError, UsageError
from textkit.tasks.translation import translating
from textkit.tasks.translation.alignment import Link
from textkit.tasks.translation.attention_plot import draw_attention
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.saved import SavedTranslator, load_translator
from textkit.tasks.translation.source_batch import SourceBatch, by_length
from textkit.tasks.translation.threads import at_once
from textkit.train.manifest import to_text

LINES = [
    "der hund sah die katze",
    "",
    "eine katze",
    "der kleine hund sass auf der matte",
    " \t ",
    "eine katze",
]
KEEN = TranslationDecoding(beam=3, n_best=3, patience=None, length_penalty=0.6, max_ratio=0.0, max_extra=5)


@pytest.fixture(scope="module", params=["transformer", "gru"])
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_translator: Any
) -> SavedTranslator:
    run = make_translator(tmp_path_factory.mktemp("translators") / "run", request.param)
    found = textkit.load(run, "translator")
    assert repr(found) == f"SavedTranslator('{request.param}', source=13, target=12)"
    return found


def flat(results: Any) -> list[list[tuple[str, float, float]]]:
    return [[(each.text, each.log_prob, each.score) for each in found] for found in results]


def test_every_line_is_translated_in_order_as_if_it_were_alone(saved: SavedTranslator) -> None:
    together = flat(saved.translate(LINES, KEEN))
    assert len(together) == len(LINES)
    assert together[1] == together[4] == [("", 0.0, 0.0)]
    assert together[2] == together[5]
    for line, found in zip(LINES, together, strict=True):
        (alone,) = flat(saved.translate([line], KEEN))
        assert [text for text, _, _ in alone] == [text for text, _, _ in found]
        assert np.allclose([row[1:] for row in alone], [row[1:] for row in found], atol=1e-4)
    small = dataclasses.replace(KEEN, batch_tokens=1)
    assert [[row[0] for row in found] for found in flat(saved.translate(LINES, small))] == [
        [row[0] for row in found] for found in together
    ]


def test_threads_translate_what_one_does(saved: SavedTranslator) -> None:
    small = dataclasses.replace(KEEN, batch_tokens=20)
    alone, before = flat(saved.translate(LINES, small)), torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for found, wanted in zip(flat(saved.translate(LINES, small)), alone, strict=True):
            assert [text for text, _, _ in found] == [text for text, _, _ in wanted]
            assert np.allclose([row[1:] for row in found], [row[1:] for row in wanted], atol=1e-4)
        with pytest.raises(ZeroDivisionError):
            at_once(lambda part: 1 / part, [1, 0, 2])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_many_lines_are_translated_as_few_are(
    saved: SavedTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = flat(saved.translate(LINES, KEEN))
    assert flat(saved.translate(LINES, dataclasses.replace(KEEN, precision="bf16"))) != few
    monkeypatch.setattr(translating, "_PACKED", 1)
    for found, wanted in zip(flat(saved.translate(LINES, KEEN)), few, strict=True):
        assert [text for text, _, _ in found] == [text for text, _, _ in wanted]
        assert np.allclose([row[1:] for row in found], [row[1:] for row in wanted], atol=1e-4)
    rounded = dataclasses.replace(KEEN, precision="bf16")  # whose products are not float32's
    assert flat(saved.translate(LINES, rounded)) != flat(saved.translate(LINES, KEEN))


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.integers(1, 3),
    st.integers(1, 200),
    st.integers(1, 9),
)
def test_batches_hold_each_sentence_once_within_their_bounds(
    lengths: list[int], rows: int, tokens: int, parts: int
) -> None:
    sizes = np.array(lengths)
    batches = list(by_length(sizes, rows=rows, tokens=tokens, parts=parts))
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or rows * len(batch) * sizes[batch].max() <= tokens
        # More than a share only by the sentence that crosses into the next.
        assert sizes[batch[:-1]].sum() < -(-sizes.sum() // parts)


def test_a_beam_as_wide_as_the_space_is_the_exhaustive_search(saved: SavedTranslator) -> None:
    corpus = saved.sides.encode_source(["eine katze lief"])
    model = saved.network.decoding(SourceBatch.of(corpus, [0]))
    with torch.inference_mode():
        wanted = exhaustive_search(model, [1], length=3, stop=1, length_penalty=0.6)[0]
    wide = dataclasses.replace(KEEN, beam=12 * 12, n_best=1, max_extra=3)
    ((best,),) = saved.translate(["eine katze lief"], wide)
    assert saved.sides.target_vocab.encode(best.tokens) == list(wanted.ids)
    assert best.score == pytest.approx(wanted.score, abs=1e-4)


def test_a_given_translation_has_the_probability_of_its_steps(saved: SavedTranslator) -> None:
    pairs = [(LINES[0], "the dog saw the cat"), ("eine katze", ""), ("", "a zebra")]
    scored = list(saved.score(pairs))
    assert [each.tokens for each in scored] == [("the", "dog", "saw", "the", "cat"), (), ("a", "<unk>")]
    for (source, target), found in zip(pairs, scored, strict=True):
        model = saved.network.decoding(SourceBatch.of(saved.sides.encode_source([source]), [0]))
        state, last, steps = model.start(1), 1, []
        with torch.inference_mode():
            for wanted in saved.sides.encode_target([target])[0].tolist():
                log_probs, state = model.step(torch.tensor([last]), state)
                steps.append(float(log_probs[0, wanted]))
                last = wanted
        assert np.allclose(found.token_log_probs, steps, atol=1e-4)
        assert found.log_prob == pytest.approx(sum(steps), abs=1e-4)
        assert found.perplexity == pytest.approx(math.exp(-sum(steps) / len(steps)), rel=1e-4)
    for found_ in saved.translate(["eine katze"], KEEN):
        for each in found_:
            if each.finished:
                (again,) = saved.score([("eine katze", each.text)])
                assert again.log_prob == pytest.approx(each.log_prob, abs=1e-4)


def test_batches_of_given_translations_are_bounded_on_both_sides(
    saved: SavedTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    make = SourceBatch.of

    def of(corpus: Any, numbers: Any) -> SourceBatch:
        batch = make(corpus, numbers)
        sizes.append(batch.ids.numel())
        return batch

    monkeypatch.setattr(SourceBatch, "of", staticmethod(of))
    pairs = [("eine katze", "a cat")] * 40 + [("der hund " * 1000, "the dog")]
    scored = list(saved.score(pairs))
    assert max(sizes) <= 4096
    monkeypatch.undo()
    for number in (0, 40):
        (alone,) = saved.score([pairs[number]])
        assert scored[number].log_prob == pytest.approx(alone.log_prob, abs=1e-4)


def test_a_prefix_is_whole_and_leaves_what_follows_its_room(saved: SavedTranslator) -> None:
    prefix = "the dog saw the cat " * 3
    tight = TranslationDecoding(beam=2, max_ratio=0.0, max_extra=2, min_length=16, prefix=prefix)
    drawn = dataclasses.replace(tight, beam=5, sample=True)
    for each in (tight, dataclasses.replace(tight, min_length=0), drawn):
        (found,) = saved.translate(["eine katze"], each)
        assert found[0].tokens[:15] == tuple(prefix.split())
        assert 15 + (each.min_length > 0) <= len(found[0].tokens) <= 17 + each.min_length


def test_attention_aligns_tokens(saved: SavedTranslator) -> None:
    looking = dataclasses.replace(KEEN, attention=True, min_length=2)
    for line, found in zip(LINES, saved.translate(LINES, looking), strict=True):
        for each in found:
            if not line.strip():
                assert (each.attention, each.alignment) == (None, ())
                continue
            assert each.source_tokens == tuple(line.split())
            assert each.attention is not None
            assert each.attention.shape == (len(each.tokens), len(line.split()) + 1)
            assert np.allclose(each.attention.sum(axis=1), 1, atol=1e-5)
            places = each.attention[:, :-1].argmax(axis=1).tolist()
            assert each.alignment == tuple(Link(place, row) for row, place in enumerate(places))


def test_what_shapes_a_translation(saved: SavedTranslator) -> None:
    def best(**settings: Any) -> tuple[str, ...]:
        decoding = dataclasses.replace(KEEN, n_best=1, **settings)
        ((found,),) = saved.translate(["der hund sah"], decoding)
        return found.tokens

    assert len(best(min_length=4)) >= 4
    assert len(best(min_length=4, max_extra=2)) >= 4  # room is made for it
    tokens = best(min_length=4, no_repeat_ngram=1)
    assert len(set(tokens)) == len(tokens)
    assert best(prefix="the cat", max_extra=4)[:2] == ("the", "cat")
    assert len(best(max_ratio=0.5, max_extra=0, min_length=0)) <= 2
    assert best(coverage_penalty=0.5, min_length=2) is not None


def test_drawn_translations_follow_the_seed(saved: SavedTranslator) -> None:
    drawing = TranslationDecoding(sample=True, n_best=4, seed=3, max_extra=4, top_k=9, temperature=1.5)
    first = flat(saved.translate(LINES, drawing))
    assert first == flat(saved.translate(LINES, drawing))
    assert first != flat(saved.translate(LINES, dataclasses.replace(drawing, seed=4)))
    assert not any("<unk>" in text for found in first for text, _, _ in found)


def test_an_ensemble_of_one_translator_twice_is_that_one(
    saved: SavedTranslator, tmp_path: Path, make_translator: Any
) -> None:
    alone, twice = (flat(each.translate(LINES, KEEN)) for each in (saved, saved.together([saved])))
    assert [[row[0] for row in found] for found in twice] == [[row[0] for row in found] for found in alone]
    other = load_translator(make_translator(tmp_path / "other", "gru", seed=5))
    mixed = flat(saved.together([other]).translate(LINES, KEEN))
    assert mixed != alone
    sides = dataclasses.replace(other.sides, target_vocab=other.sides.source_vocab)
    with pytest.raises(UsageError, match="translator 2 of the ensemble has another target vocabulary"):
        saved.together([dataclasses.replace(other, sides=sides)])


def test_a_language_model_helps(saved: SavedTranslator, tmp_path: Path) -> None:
    from textkit.tasks import language_model

    settings = {"model": "ngram", "order": 2, "tokenizer": "whitespace", "smoothing": "witten-bell"}
    lines = ["the cat saw the dog", "a small cat sat on the mat", "the dog ran"] * 4
    language_model.train(lines, language_model.make_config(settings), out=tmp_path / "lm")
    helped = saved.helped_by(language_model.load_model(tmp_path / "lm"))
    assert flat(helped.translate(LINES, KEEN)) == flat(saved.translate(LINES, KEEN))  # it has no weight
    weighty = dataclasses.replace(KEEN, lm_weight=50.0, min_length=3, n_best=1)
    found = next(iter(helped.translate(["eine katze"], weighty)))[0]
    assert found.tokens[0] in ("the", "a")
    assert found.log_prob != pytest.approx(found.score)
    strangers = ["une phrase", "pas de mots"]
    language_model.train(strangers, language_model.make_config(settings), out=tmp_path / "strange")
    strange = saved.helped_by(language_model.load_model(tmp_path / "strange"))
    with pytest.raises(UsageError, match="knows 0 of the translator's 10 tokens"):
        list(strange.translate(["eine katze"], weighty))


def test_a_line_of_5000_tokens_and_odd_characters(saved: SavedTranslator) -> None:
    lines = ["der " * 5000, "eine\u2028katze\x85lief \u200b 🐈 \x00", "\u3000"]
    short = TranslationDecoding(beam=2, max_ratio=0.001)
    long, odd, blank = saved.translate(lines, short)
    assert len(long[0].source_tokens) == 5000
    assert len(long[0].tokens) <= 15
    assert "<unk>" in saved.sides.source_vocab.decode(saved.sides.encode_source(lines)[1].tolist())
    assert "\n" not in odd[0].text
    assert blank[0].text == ""


def test_bf16_is_close(saved: SavedTranslator) -> None:
    plain = next(iter(saved.translate(["eine katze"], dataclasses.replace(KEEN, n_best=1))))[0]
    rounded = dataclasses.replace(KEEN, n_best=1, precision="bf16")
    found = next(iter(saved.translate(["eine katze"], rounded)))[0]
    assert found.log_prob == pytest.approx(plain.log_prob, abs=0.5)


def test_the_attention_is_drawn(saved: SavedTranslator, tmp_path: Path) -> None:
    decoding = dataclasses.replace(KEEN, attention=True, min_length=2)
    (found,) = saved.translate(["der hund sah $x$ die katze"], decoding)
    draw_attention(found[0], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="has no attention: ask for it"):
        draw_attention(dataclasses.replace(found[0], attention=None), tmp_path / "b.png")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beam": 0}, "a beam must be at least 1, not 0"),
        ({"n_best": 6}, "a beam of 5 gives 5 translations at most, not 6: widen the beam"),
        ({"length_penalty": -1.0}, "the length penalty must be 0 or a positive number"),
        ({"max_ratio": float("nan")}, "the greatest ratio of lengths must be 0 or"),
        ({"max_ratio": 0.0, "max_extra": 0}, "translations need room"),
        ({"temperature": 0.5}, "go with drawn translations: ask for a sample"),
        ({"sample": True, "top_p": 2.0}, r"top-p must lie in \(0, 1\]"),
        ({"sample": True, "attention": True}, "those of a search, not of drawn"),
        ({"min_length": -1}, "must be 0 or more"),
        ({"min_length": 10**8}, "the least length of translations is at most 10,000, not 100,000,000"),
        ({"length_penalty": 1000.0}, "the length penalty is at most 10, not 1000"),
        ({"max_ratio": 1e308}, r"the greatest ratio of lengths is at most 1,000, not 1e\+308"),
        ({"sample": True, "coverage_penalty": 1.0}, "the coverage penalty ranks what a search finds"),
        ({"patience": -1.0}, "patience of a search must be 0 or more"),
        ({"precision": "fp8"}, "precision is fp32 or bf16, not 'fp8'"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TranslationDecoding(**settings)


def test_what_cannot_be_translated(saved: SavedTranslator) -> None:
    with pytest.raises(UsageError, match="a token that the translator does not know: 'zebra'"):
        next(saved.translate(["eine katze"], TranslationDecoding(prefix="the zebra")))
    with pytest.raises(UsageError, match="put a single one into a list"):
        next(saved.translate("eine katze"))


def damage(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (path,) = run.glob(name)
        path.write_bytes(path.read_bytes()[:-1] + b"#")

    return change


def one_vocabulary(run: Path) -> None:
    """Settings that the rest of the run contradicts, with the checksum of their own."""
    old = (run / "config.toml").read_bytes()
    new = old.replace(b"joint = false", b"joint = true")
    (run / "config.toml").write_bytes(new)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["config.toml"]["sha256"] = hashlib.sha256(new).hexdigest()
    (run / "manifest.json").write_text(to_text(manifest))


def another_kind(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(to_text(manifest | {"kind": "tagger"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage("best-*"), "damaged: checksum differs"),
        (damage("config.toml"), "damaged: checksum differs"),
        (damage("vocab.txt"), "damaged: checksum differs"),
        (damage("source-vocab.txt"), "damaged: checksum differs"),
        (damage("manifest.json"), r"manifest\.json: damaged"),
        (lambda run: (run / "source-vocab.txt").unlink(), r"source-vocab\.txt: cannot be read"),
        (one_vocabulary, "run: the vocabularies do not fit the settings: a joint embedding needs one"),
        (another_kind, "holds a tagger, not a translator; textkit tag is for it"),
        (shutil.rmtree, "not a textkit run: no such folder"),
    ],
)
def test_runs_that_are_refused(
    change: Callable[[Path], None], message: str, tmp_path: Path, make_translator: Any
) -> None:
    run = make_translator(tmp_path / "run")
    change(run)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_translator(run)
    assert "\n" not in str(caught.value)


def test_a_line_that_the_pipeline_cannot_take_is_an_error(saved: SavedTranslator) -> None:
    @dataclasses.dataclass(frozen=True)
    class Fussy:
        def __call__(self, text: str) -> list[str]:
            return [str(len(text) // text.count("e"))]

    from textkit.text.pipeline import Pipeline

    sides = dataclasses.replace(saved.sides, source=Pipeline.of(Fussy()))
    with pytest.raises(StageError, match="Fussy"):
        list(dataclasses.replace(saved, sides=sides).translate(["no"]))
