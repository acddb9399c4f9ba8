"""spaCy in batches: its own tokens exactly, special cases across spaces, every kind of white space."""

from __future__ import annotations

import functools
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.text.tokenizers import spacy_stretches
from textkit.text.tokenizers.spacy import SpacyTokenizer
from textkit.text.tokenizers.spacy_stretches import SpacyStretches

SPACES = [" ", " ", " ", "  ", "\t", " \t", "\u00a0", "\u3000", "\n", " \n ", "\x1c"]
WORDS = [
    "it's",
    "it",
    "'s",
    "can't",
    "a.m.",
    "10am",
    "8",
    "p.m.",
    "Mr.",
    "e.g.",
    "U.S.",
    "don't.",
    '"No,"',
    "(x)",
]
WORDS += [
    "http://a.b/c?d=e",
    "www.google.com:8080.",
    "me@x.org",
    "C++",
    "10km²",
    "50€",
    "1,000.5",
    "--",
    "...",
    "…",
]
WORDS += [
    "l'an",
    "aujourd'hui",
    "z.B.",
    "Prof.",
    "’s",
    "well-known",
    "and/or",
    "x=3",
    "naïve",
    "好的",
    "😀👍🏽",
    "#tag",
]


@functools.cache
def package_tokenizer(language):
    import spacy

    return spacy.blank(language).tokenizer


@functools.cache
def stretches(language):
    return SpacyStretches(package_tokenizer(language))


def package_tokens(language, texts):
    tokenizer = package_tokenizer(language)
    return [[token.text for token in tokenizer(text) if not token.is_space] for text in texts]


def pieces(language):
    """Special cases, whole and cut in two, which is where spaces matter."""
    cases = sorted(case for case in package_tokenizer(language).rules if case.strip())
    halves = [
        half for case in cases for place in range(1, len(case)) for half in (case[:place], case[place:])
    ]
    symbols = [case for case in cases if not case.isalnum()]
    return [cases, symbols, halves, WORDS]


def random_texts(language, count, *, seed=0):
    rng = random.Random(seed)
    kinds = pieces(language)
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 12)):
            parts.append(rng.choice(rng.choice(kinds)))
            parts.append(rng.choice(SPACES) if rng.random() < 0.7 else "")
        yield "".join(parts)


def test_a_special_case_that_ends_beyond_a_space():
    texts = ["ha:) )", "ha:)", ": )", "(: ", "it 's", "it's", "x:- ))", "8 )"]
    assert package_tokens("en", texts[:2]) == [["ha", ":", ")", ")"], ["ha", ":)"]]  # why it needs care
    assert SpacyTokenizer().batch(texts).lists() == package_tokens("en", texts)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "tr", "ar", "ru", "bg", "xx"])
def test_special_cases_and_what_stands_around_them(language):
    assert SpacyStretches.suits(package_tokenizer(language))
    texts = list(random_texts(language, 1500 if language == "en" else 300))
    batch = SpacyTokenizer(language).batch(texts)
    assert batch.lists() == package_tokens(language, texts)
    starts, ends = (places.tolist() for places in batch.character_places())
    placed = [token for text in texts for token in SpacyTokenizer(language).offsets(text)]
    assert list(zip(starts, ends, strict=True)) == [(token.start, token.end) for token in placed]


@settings(max_examples=150)
@given(
    texts=st.lists(
        st.lists(
            st.sampled_from(WORDS)
            | st.sampled_from(SPACES)
            | st.sampled_from(":;()-_.'\"<3=^o8DPx/")
            | st.text(max_size=4)
        ).map("".join)
    )
)
def test_any_text(texts):
    assert stretches("en").tokens(lines_of(texts)).lists() == package_tokens("en", texts)


def lines_of(texts):
    from textkit.text.lines import Lines

    return Lines.of(texts)


@pytest.mark.parametrize("language", ["fa", "zh"])
def test_tokenizers_that_need_the_whole_line(language):
    assert not SpacyStretches.suits(package_tokenizer(language))
    texts = (
        [*random_texts(language, 20), "то есть и др. ب. م.ق 我爱北京"] if language != "zh" else ["我爱 北京!"]
    )
    assert SpacyTokenizer(language).batch(texts).lists() == package_tokens(language, texts)


def test_a_special_case_of_the_users_own():
    import spacy

    tokenizer = spacy.blank("en").tokenizer
    tokenizer.add_special_case("(a)!", [{"ORTH": "(a"}, {"ORTH": ")!"}])
    tokenizer.faster_heuristics = False
    texts = ["x(a)! (a)!", "(a )!", "((a)!) cannot x-cannot", "( a)!"]
    expected = [[token.text for token in tokenizer(text)] for text in texts]
    assert SpacyStretches(tokenizer).tokens(lines_of(texts)).lists() == expected
    tokenizer.add_special_case("New York", [{"ORTH": "New York"}])
    texts += ["in New York", "New  York", "New\tYork (New York)!", "a New York:) )", "New York's"]
    expected = [[token.text for token in tokenizer(text) if not token.is_space] for text in texts]
    assert SpacyStretches(tokenizer).tokens(lines_of(texts)).lists() == expected
    tokenizer.add_special_case("New  York", [{"ORTH": "New  York"}])
    assert not SpacyStretches.suits(tokenizer)


def test_what_was_learned_is_forgotten_when_it_is_too_much(monkeypatch):
    monkeypatch.setattr(spacy_stretches, "_LARGEST", 1)
    bounded = SpacyStretches(package_tokenizer("en"))
    for seed in range(3):
        texts = list(random_texts("en", 50, seed=seed))
        assert bounded.tokens(lines_of(texts)).lists() == package_tokens("en", texts)
    fresh = SpacyStretches(package_tokenizer("en"))
    assert set(words(bounded)) == set(words(fresh))  # nothing stays in the vocabulary


def words(stretches):
    return (lexeme.text for lexeme in stretches._raw.vocab)


@pytest.mark.data
@pytest.mark.parametrize(
    ("language", "file"),
    [
        ("en", "lm/wikitext2-valid.txt"),
        ("en", "lm/shakespeare.txt"),
        ("en", "nmt/multi30k_de_en/valid.en"),
        ("de", "nmt/multi30k_de_en/valid.de"),
        ("fr", "nmt/fr-en-small.txt"),
    ],
)
def test_real_text(language, file):
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    texts = (Path(os.environ["TEXTKIT_DATA"]) / file).read_text(encoding="utf-8").split("\n")[:2500]
    assert SpacyTokenizer(language).batch(texts).lists() == package_tokens(language, texts)
