"""NLTK's tokenizer: the package's tokens, and places that NLTK itself gets wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.text.tokenizers import nltk
from textkit.text.tokenizers.nltk import NltkTokenizer

PIECES = [
    '"',
    "'",
    "''",
    "``",
    "`",
    " ",
    "  ",
    "n't",
    "'s",
    "cannot",
    "'tis",
    "gonna",
    "--",
    "...",
    ".",
    ",",
    ":",
]
PIECES += [
    "(",
    "]",
    "<",
    "$",
    "%",
    "3,5",
    "“",
    "”",
    "‘",
    "’",
    "«",
    "a",
    "be",
    "é",
    "好",
    "\t",
    "\u3000",
    "\x85",
]
PIECES += [
    "CANNOT",
    "caNnot",
    "d'ye",
    "giMme",
    "g\u0131mme",
    "LEMME",
    "gotta",
    "more'n",
    "wanna ",
    "'TIS",
    "'twa\u017f",
]
PIECES += ["'ll", "N'T", "?!", ";", "@", "*", "&", "—", "{x}", "„", "\x1c", "\n"]
QUOTED = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join)


def test_the_sentence_of_the_course():
    tokens = NltkTokenizer()("Mr. Chen doesn't agree with my suggestion.")
    assert tokens == ["Mr.", "Chen", "does", "n't", "agree", "with", "my", "suggestion", "."]


@given(text=QUOTED)
@settings(max_examples=300)
def test_tokens_are_those_of_the_package_and_places_spell_the_text(text):
    from nltk.tokenize.destructive import NLTKWordTokenizer

    tokens = NltkTokenizer().offsets(text)
    assert [token.text for token in tokens] == NLTKWordTokenizer().tokenize(text) == NltkTokenizer()(text)
    end = 0
    for token in tokens:
        assert text[end : token.start].strip() == ""  # nothing but white space between tokens
        original = text[token.start : token.end]
        rewritten = {'"': ("``", "''"), "''": ("``",)}.get(original, ())
        assert original == token.text or token.text in rewritten
        end = token.end
    assert text[end:].strip() == ""


@settings(max_examples=300)
@given(texts=st.lists(QUOTED, max_size=4))
def test_batches_are_those_of_the_package(texts):
    from nltk.tokenize.destructive import NLTKWordTokenizer

    package = NLTKWordTokenizer()
    assert NltkTokenizer().batch(texts).lists() == [package.tokenize(text) for text in texts]


@pytest.mark.data
def test_real_text():
    from nltk.tokenize.destructive import NLTKWordTokenizer

    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    folder = Path(os.environ["TEXTKIT_DATA"])
    package = NLTKWordTokenizer()
    for file in ("lm/wikitext2-test.txt", "lm/shakespeare.txt", "nmt/multi30k_de_en/valid.de"):
        for line in (folder / file).read_text(encoding="utf-8").split("\n")[:2000]:
            assert NltkTokenizer()(line) == package.tokenize(line)


def test_a_rule_is_tried_where_it_can_match_and_always_when_it_is_not_known():
    import re

    assert nltk._rule(re.compile("[?!]")).sub("x", "a?b") == "axb"
    assert nltk._rule(re.compile("[?!]")).sub("x", "ab") == "ab"
    assert nltk._rule(re.compile("new")).sub("x", "anewb") == "axb"


def test_the_rules_that_are_known_are_those_of_this_version():
    from nltk.tokenize.destructive import NLTKWordTokenizer

    kinds = (
        NLTKWordTokenizer.STARTING_QUOTES,
        NLTKWordTokenizer.PUNCTUATION,
        NLTKWordTokenizer.ENDING_QUOTES,
    )
    patterns = {pattern.pattern for rules in kinds for pattern, _ in rules}
    patterns |= {NLTKWordTokenizer.PARENS_BRACKETS[0].pattern, NLTKWordTokenizer.DOUBLE_DASHES[0].pattern}
    patterns |= {p.pattern for p in NLTKWordTokenizer.CONTRACTIONS2 + NLTKWordTokenizer.CONTRACTIONS3}
    assert patterns - {r"\s+"} == set(nltk._NEEDED)


def test_places_of_rewritten_quotes():
    assert NltkTokenizer().offsets('"No," he said.')[:4] == [
        ("``", 0, 1),
        ("No", 1, 3),
        (",", 3, 4),
        ("''", 4, 5),
    ]


@pytest.mark.parametrize(
    "text", ["Mr. Chen doesn't agree.", 'He said "no" (twice), and I can\'t cope; why?', "It cost $3.88."]
)
def test_detokenize_gives_back_ordinary_sentences(text):
    assert NltkTokenizer().detokenize(NltkTokenizer()(text)) == text
