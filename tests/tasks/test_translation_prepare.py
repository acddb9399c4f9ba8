"""What becomes of pairs before a translator learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.errors import TextkitError, UsageError
from textkit.tasks.configuration import make_settings
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.encoding import Encoding
from textkit.tasks.translation.prepare import Prepared, prepare
from textkit.tasks.translation.stored_pairs import StoredPairs
from textkit.tasks.translation.validation import Validation
from textkit.text.pairs import Pair

PAIRS = [Pair(f"le numéro {n % 17} du quai {n}", f"number {n % 17} of quay {n}") for n in range(60)]


def config(**settings: Any) -> TranslatorConfig:
    return make_settings(TranslatorConfig, {"tokenizer": "whitespace", **settings})


def prepared(
    pairs: list[Pair], folder: Path, *, valid: list[Pair] | None = None, **settings: Any
) -> tuple[Prepared, list[str]]:
    said: list[str] = []
    made = prepare(config(**settings), pairs, valid=valid, test=None, scratch=folder, say=said.append)
    return made, said


def corpora(made: Encoding, folder: Path) -> tuple[EncodedCorpus, EncodedCorpus]:
    made.save(folder / "source", folder / "target")
    return EncodedCorpus.load(folder / "source"), EncodedCorpus.load(folder / "target")


def test_ids_are_those_of_each_sentence_alone(tmp_path: Path) -> None:
    made, said = prepared(PAIRS, tmp_path, valid=PAIRS[:2], max_length=6)
    assert said == ["2 of 2 valid pairs also stand in the training pairs"]
    source, target = corpora(made.encoding, tmp_path)
    sides = made.encoding.sides
    whole = sides.encode_source(pair.source for pair in PAIRS)
    assert np.array_equal(source.ids, whole.ids)
    assert np.array_equal(source.offsets, whole.offsets)
    assert [sides.decode_target(ids.tolist()) for ids in target] == [pair.target for pair in PAIRS]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    bad = [Pair("", "nothing"), PAIRS[0], Pair("same", "same"), Pair("oui", "yes " * 30)]
    made, said = prepared(
        [*PAIRS, *bad, Pair("un " * 9, "one " * 9)], tmp_path, valid=PAIRS[:1], max_length=8
    )
    assert "left out 1 of 65 pairs: a side is empty (pair 61)" in said
    assert "left out 1 of 65 pairs: the pair came before (pair 62)" in said
    assert "left out 1 of 65 pairs: the target is a copy of the source (pair 63)" in said
    assert "left out 1 of 65 pairs: one side is more than 3 times as long as the other (pair 64)" in said
    assert "1 pairs are left out: a side has more than 8 tokens" in said
    assert len(made.encoding.kept) == len(PAIRS)
    source, _ = corpora(made.encoding, tmp_path)
    assert len(source) == len(PAIRS)
    kept, _ = prepared([*PAIRS, PAIRS[0]], tmp_path, duplicates="keep")
    assert len(kept.encoding.kept) + len(kept.held_out["valid"]) == len(PAIRS) + 1


def test_pairs_in_the_wrong_language_are_left_out(tmp_path: Path) -> None:
    pairs = [Pair(f"你好，世界 {n}", f"hello world {n}") for n in range(30)]
    swapped = Pair("good morning everybody", "大家早上好")
    _, said = prepared(
        [*pairs, swapped],
        tmp_path,
        valid=pairs[:1],
        source_language="zh",
        target_language="en",
        script_only=True,
    )
    assert said[0] == "left out 1 of 31 pairs: a side is not in its language (zh, en) (pair 31)"
    with pytest.raises(UsageError, match="language"):
        prepared(pairs, tmp_path, source_language="zhh", target_language="en")


def test_pairs_with_one_source_are_held_out_together(tmp_path: Path) -> None:
    pairs = [Pair(f"source {n // 3}", f"target {n}") for n in range(90)]
    made, said = prepared(pairs, tmp_path, dev_fraction=0.2)
    held_out = made.held_out["valid"]
    assert len(held_out) == 18
    assert said[0] == "18 of 90 pairs are held out for validation"
    sources = {pair.source for pair in held_out}
    assert len(sources) == 6
    learnt = made.encoding.sides
    assert all(f"target {n}" not in learnt.target_vocab for n in range(3))
    assert len(made.encoding.kept) == 72
    again, _ = prepared(pairs, tmp_path, dev_fraction=0.2)
    assert again.held_out == made.held_out


def test_leaks_and_unknown_tokens_are_told(tmp_path: Path) -> None:
    valid = [PAIRS[0], Pair(PAIRS[1].source, "another one"), Pair("le numéro 1", "number 1")]
    _, said = prepared(PAIRS, tmp_path, valid=valid)
    assert said[0] == "1 of 3 valid pairs also stand in the training pairs"
    assert said[1] == "1 of 3 valid sources also stand there, with other translations"
    assert said[2] == "22.2% of the valid target tokens are unknown"  # another, one


def test_subwords_take_what_the_text_gives(tmp_path: Path) -> None:
    made, said = prepared(PAIRS, tmp_path, valid=PAIRS[:1], tokenizer="sentencepiece", vocab_size=5000)
    size = len(made.encoding.sides.source_vocab)
    assert f"the text gives a vocabulary of {size:,}, not 5,000" in said
    exact, _ = prepared(PAIRS, tmp_path, valid=PAIRS[:1], tokenizer="sentencepiece", vocab_size=size)
    assert len(exact.encoding.sides.source_vocab) == size
    sides = made.encoding.sides
    ids = sides.encode_target(["☃ naïve"])[0].tolist()
    assert 0 not in ids  # bytes: nothing is unknown
    assert sides.decode_target(ids) == "☃ naïve"
    small: dict[str, Any] = {"tokenizer": "sentencepiece", "byte_fallback": False}
    with pytest.raises(
        UsageError, match=r"vocab_size 12 is too small for this text: its characters alone need (\d+); give"
    ) as told:
        prepared(PAIRS, tmp_path, vocab_size=12, **small)
    least = int(str(told.value).partition("alone need ")[2].partition(";")[0])
    least_of_all, _ = prepared(PAIRS, tmp_path, vocab_size=least, **small)
    assert len(least_of_all.encoding.sides.source_vocab) == least
    with pytest.raises(UsageError, match=f"vocab_size {least - 1} is too small .* alone need {least};"):
        prepared(PAIRS, tmp_path, vocab_size=least - 1, **small)
    with pytest.raises(UsageError, match="takes no option 'mode'"):
        prepared(PAIRS, tmp_path, tokenizer="sentencepiece", tokenizer_options={"mode": "full"})


def test_a_vocabulary_of_words_is_as_large_as_asked_for(tmp_path: Path) -> None:
    made, said = prepared(PAIRS, tmp_path, valid=PAIRS[-2:], joint=False, vocab_size=12)
    assert (len(made.encoding.sides.source_vocab), len(made.encoding.sides.target_vocab)) == (12, 12)
    _, target = corpora(made.encoding, tmp_path)
    assert (target.ids == 0).any()
    assert any("of the valid source tokens are unknown" in line for line in said)


def test_pairs_that_cannot_be_stored(tmp_path: Path) -> None:
    with pytest.raises(TextkitError, match="the pairs cannot be kept there"):
        StoredPairs.write(PAIRS, tmp_path / "none" / "pairs")


def test_translations_have_room_for_the_references_but_not_for_ever() -> None:
    source = [[*range(2, 2 + n % 20), 1] for n in range(200)]
    target = [ids[:-1] * 2 + [1] for ids in source]
    target[7] = [5] * 400 + [1]  # one in two hundred
    held = Validation([], EncodedCorpus.from_sequences(source), EncodedCorpus.from_sequences(target))
    room, lengths = held.room(), held.target.lengths
    assert (room >= lengths).sum() == 199
    assert (room <= lengths + 12).all()
    few = Validation([], EncodedCorpus.from_sequences([[1]]), EncodedCorpus.from_sequences([[1]]))
    assert few.room().tolist() == [6]
