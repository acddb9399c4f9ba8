"""From lines to what a language model is trained on: what is held out, kept, and refused first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import CheckpointError, InputError, UsageError
from textkit.lm.arpa import read_arpa
from textkit.lm.counts.file import read_counts
from textkit.tasks.language_model import NgramOptions, make_config, train
from textkit.tasks.language_model.prepare import prepare
from textkit.text.tokenizers import sentencepiece

LINES = [*["low lower lowest", "new newer newest"] * 9, "zq zq qzz", "qz qz zqq"]
NOTHING = NgramOptions()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that a subword model was trained on."""
    lines: list[str] = []
    train_sentencepiece = sentencepiece.train_sentencepiece

    def watched(text: Iterable[str], **settings: Any) -> Any:
        lines.extend(text)
        return train_sentencepiece(lines, **settings)

    monkeypatch.setattr(sentencepiece, "train_sentencepiece", watched)
    return lines


def test_subwords_are_not_learnt_from_what_is_held_out(seen: list[str]) -> None:
    config = make_config({"model": "gru", "unit": "subword", "pieces": 16, "valid_fraction": 0.05})
    prepared = prepare(config, LINES, valid=None, test=None, ngram=NOTHING)
    assert seen == LINES[:-2]
    assert prepared.notes == ("the last 2 training lines are held out for validation",)
    assert len(prepared.train) == len(LINES) - 2
    assert prepared.held_out["valid"].characters.tolist() == [len(line) + 1 for line in LINES[-2:]]


@pytest.mark.parametrize(("model", "valid"), [("gru", ["low"]), ("ngram", None)])
def test_where_nothing_is_held_out_subwords_see_all(
    model: str, valid: list[str] | None, seen: list[str]
) -> None:
    config = make_config({"model": model, "unit": "subword", "pieces": 16})
    prepared = prepare(config, iter(LINES), valid=valid, test=None, ngram=NOTHING)
    assert seen == LINES
    assert len(prepared.train) == len(LINES)


@pytest.mark.parametrize("unit", ["word", "char", "subword"])
def test_of_one_line_nothing_can_be_held_out(unit: str) -> None:
    config = make_config({"model": "gru", "unit": unit, "min_count": 1})
    with pytest.raises(InputError, match="less than two lines; nothing can be held out: give a validation"):
        prepare(config, ["a b c"], valid=None, test=None, ngram=NOTHING)


@pytest.mark.parametrize(
    ("unit", "text", "words"),
    [
        ("word", "\ufeffa b\u3000c\r\nd\u00a0e  f", ["a", "b\u3000c", "d\u00a0e", "f"]),
        ("char", "\ufeffa\r\n \r\n\u3000\n文\n", ["", "a", " ", "\u3000", "文"]),
        ("subword", "▁a b", ["▁a", "b"]),
    ],
)
def test_words_to_keep(unit: str, text: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(text.encode())
    settings = {"model": "ngram", "unit": unit, "limit_vocab": str(tmp_path / "words")}
    config = make_config(settings | ({"pieces": 16} if unit == "subword" else {}))
    assert prepare(config, LINES, valid=None, test=None, ngram=NOTHING).allowed == set(words)


def test_words_to_keep_are_read_before_the_text(tmp_path: Path) -> None:
    def text() -> Iterable[str]:
        pytest.fail("the text is read first")
        yield ""

    (tmp_path / "words").write_text("a\nb c\n")
    for unit, name, message in (
        ("word", "none", "none: the words to keep cannot be read: no such file or directory"),
        ("char", "words", "words:2: of characters each has a line of its own, not 'b c'"),
    ):
        config = make_config({"model": "ngram", "unit": unit, "limit_vocab": str(tmp_path / name)})
        with pytest.raises(InputError, match=message):
            train(text(), config, out=tmp_path / "run")


def test_counts_take_what_they_can(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    train(["a b", "b a"], make_config({"model": "ngram", "order": 2}), out=tmp_path / "one",
          ngram=NgramOptions(write_counts=counts))  # fmt: skip
    for settings, more, name in (
        ({"min_count": 2}, {}, "min_count"),
        ({"max_vocab": 3}, {}, "max_vocab"),
        ({}, {"memory": 1_000_000}, "memory"),
    ):
        config = make_config({"model": "ngram", "order": 2, **settings})
        with pytest.raises(UsageError, match=f"sorted in memory: leave out {name}$"):
            train(None, config, out=tmp_path / "run", ngram=NgramOptions(counts=(counts,), **more))
    said: list[str] = []
    config = make_config({"model": "ngram", "order": 4, "prune": [0, 0, 1], "min_count": 1})
    train(None, config, out=tmp_path / "run", ngram=NgramOptions(counts=(counts,)), say=said.append)
    assert said[0] == "the counts are of order 2, and so is the model, instead of 4"
    assert "order = 2\n" in (tmp_path / "run" / "config.toml").read_text()
    assert "prune = [\n    0,\n    0,\n]" in (tmp_path / "run" / "config.toml").read_text()


def test_what_cannot_work_replaces_nothing(tmp_path: Path) -> None:
    def text() -> Iterable[str]:
        pytest.fail("the text is read first")
        yield ""

    arpa, counts, taken = tmp_path / "m.arpa", tmp_path / "counts", tmp_path / "taken"
    config = make_config({"model": "ngram", "order": 2})
    train(["a b"], config, out=taken, ngram=NgramOptions(arpa=arpa, write_counts=counts))
    read_arpa(arpa), read_counts([counts])
    before = arpa.read_bytes(), counts.read_bytes()
    for other in (config, make_config({"model": "gru"})):
        with pytest.raises(CheckpointError, match="taken: already exists; choose another name"):
            train(text(), other, out=taken, ngram=NgramOptions(arpa=arpa, write_counts=counts))
    blanks = make_config({"model": "ngram", "order": 2, "unit": "char"})
    for options in (NgramOptions(write_counts=counts), NgramOptions(arpa=arpa)):
        said: list[str] = []
        with pytest.raises(UsageError, match=r"the word ' ' .* cannot stand in an? "):
            train(["b b"], blanks, out=tmp_path / "new", ngram=options, say=said.append)
        assert said == []  # nothing was counted
    for options in (NgramOptions(write_counts=tmp_path / "c.zst"), NgramOptions(arpa=tmp_path / "m.arpa.XZ")):
        with pytest.raises(
            UsageError, match=r"n-grams as text are packed as .gz only; name it (c|m.arpa).gz"
        ):
            train(text(), config, out=tmp_path / "new", ngram=options)
    assert (arpa.read_bytes(), counts.read_bytes()) == before
    assert not (tmp_path / "new").exists()
