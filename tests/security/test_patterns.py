"""Regular expressions, which a run brings along: neither compiling nor matching may take all there is."""

from __future__ import annotations

import pytest

from textkit.errors import InputError, UsageError
from textkit.text.tokenizers import regular_expression
from textkit.text.tokenizers.pattern_size import LARGEST, expanded_size
from textkit.text.tokenizers.regular_expression import RegexTokenizer

EXPLODING = r"(?:a|aa)+$"
LINE = "a" * 80 + "!"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("use", ["__call__", "offsets", "batch"])
def test_matching_ends(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_expression, "SECONDS", 0.05)
    tokenizer = RegexTokenizer(EXPLODING)
    with pytest.raises(InputError, match=r"tries for more than 0.05 seconds on a line of 81 characters"):
        getattr(tokenizer, use)([LINE] if use == "batch" else LINE)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a{9999}){9999}",
        "(?:(?:(?:a?b?){99}){99}){99}",
        "(?:a?){9999999}",
        "a{99999999999999999999}",
        "(?V1)[[a](]{9}(?:a{999}){999}",
        "(?x)#(\n(?:a{999}){999}",
        "(?#()(?:a{999}){999}",
        r"[\](](?:a{999}){999}",
        "[](](?:a{999}){999}",
        "(?:\\\\(?:a{999})){999}",
    ],
)
def test_repeats_that_are_written_out(pattern: str) -> None:
    """`regex` would take gigabytes, or all there are, to compile these."""
    with pytest.raises(UsageError, match="bounded repeats make more than 100,000 parts"):
        RegexTokenizer(pattern)


@pytest.mark.parametrize("pattern", ["(" * 3000 + ")" * 3000, "(?:" * 30_000])
def test_brackets_beyond_the_stack(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"not a valid regular expression: '.{80}'…: maximum recursion"):
        RegexTokenizer(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}-\d{1,2}-\d{1,2}|(?:\d{1,3}\.){3}\d{1,3}|1[3-9]\d{9}|[a-z]{2,6}",
        r"#\w{1,100}|@\w{1,100}|[\w.]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,24}",
        r"(?V1)[\p{L}--\p{Han}]{1,30}|\p{Han}{1,4}",
        regular_expression.WORDS_AND_PUNCTUATION,
    ],
)
def test_usual_patterns_are_small(pattern: str) -> None:
    assert expanded_size(pattern) < LARGEST / 10
    RegexTokenizer(pattern)("2026-11-22 #a @b")


@pytest.mark.timeout(120)
def test_a_run_that_brings_one(copy, textkit, originals, monkeypatch: pytest.MonkeyPatch) -> None:
    from textkit.text.pipeline import Pipeline
    from textkit.train.checkpoint import RunFolder

    monkeypatch.setattr(regular_expression, "SECONDS", 0.05)
    run = copy("lstm")
    folder = RunFolder.open(run)
    Pipeline.of(RegexTokenizer(EXPLODING)).save(run)
    folder._own("pipeline.json")
    folder._commit()
    text = originals / "long.txt"
    text.write_text(LINE + "\n")
    assert "make it simpler" in textkit("score", run, text).refused()
