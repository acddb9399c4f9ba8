"""Saved translators: what they translate and score, in which order, and which lines they refuse."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import textkit
from textkit.decode.exhaustive import exhaustive_search
from textkit.errors import StageError, UsageError
from textkit.tasks.translation import translating
from textkit.tasks.translation.alignment import Link
from textkit.tasks.translation.attention_plot import draw_attention
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.saved import SavedTranslator, load_translator
from textkit.tasks.translation.source_batch import SourceBatch
from textkit.tasks.translation.threads import at_once

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


def test_what_cannot_be_translated(saved: SavedTranslator) -> None:
    with pytest.raises(UsageError, match="a token that the translator does not know: 'zebra'"):
        next(saved.translate(["eine katze"], TranslationDecoding(prefix="the zebra")))
    with pytest.raises(UsageError, match="put a single one into a list"):
        next(saved.translate("eine katze"))


def test_a_line_that_the_pipeline_cannot_take_is_an_error(saved: SavedTranslator) -> None:
    @dataclasses.dataclass(frozen=True)
    class Fussy:
        def __call__(self, text: str) -> list[str]:
            return [str(len(text) // text.count("e"))]

    from textkit.text.pipeline import Pipeline

    sides = dataclasses.replace(saved.sides, source=Pipeline.of(Fussy()))
    with pytest.raises(StageError, match="Fussy"):
        list(dataclasses.replace(saved, sides=sides).translate(["no"]))
