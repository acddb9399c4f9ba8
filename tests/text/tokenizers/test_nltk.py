"""NLTK's tokenizer: the package's tokens, and places that NLTK itself gets wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
