"""White space, characters and regular expressions, and the spaces between words."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.spacing import join_words
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


@given(text=st.text())
def test_white_space_is_that_of_python(text):
    tokens = WhitespaceTokenizer().offsets(text)
    assert [token.text for token in tokens] == text.split() == WhitespaceTokenizer()(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)


@given(text=st.text(st.sampled_from("ab猫 \t\n\v\f\r\x1c\x85\u00a0\u2028\u3000")) | st.text())
def test_white_space_of_ascii_is_that_of_bytes(text):
    tokenizer = WhitespaceTokenizer(unicode=False)
    tokens = tokenizer.offsets(text)
    expected = [
        word.decode("utf-8", "surrogatepass") for word in text.encode("utf-8", "surrogatepass").split()
    ]
    assert [token.text for token in tokens] == expected == tokenizer(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert tokenizer == pickle.loads(pickle.dumps(tokenizer)) != WhitespaceTokenizer()


@given(text=st.text())
def test_characters(text):
    assert CharacterTokenizer(keep_space=True)(text) == list(text)
    assert CharacterTokenizer()(text) == [character for character in text if not character.isspace()]
    assert CharacterTokenizer(keep_space=True).detokenize(list(text)) == text
    for keep_space in (True, False):
        tokenizer = CharacterTokenizer(keep_space=keep_space)
        tokens = tokenizer.offsets(text)
        assert [token.text for token in tokens] == tokenizer(text)
        assert all(text[token.start : token.end] == token.text for token in tokens)


@given(text=st.text())
def test_the_usual_pattern_loses_nothing_but_white_space(text):
    assert "".join(RegexTokenizer()(text)) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, world!", "Hello , world !"),
        ("don't O’Neil's 'no'", "don't O’Neil's ' no '"),
        ("1,234.50 3.", "1,234.50 3 ."),
        ("我爱NLP，真的", "我 爱 NLP ， 真 的"),
        ("snake_case naïve ß 😀", "snake_case naïve ß 😀"),
    ],
)
def test_the_usual_pattern(text, tokens):
    assert RegexTokenizer()(text) == tokens.split()


def test_groups_and_empty_matches_of_a_pattern():
    assert RegexTokenizer("(a)|(b)")("abxa") == ["a", "b", "a"]
    assert RegexTokenizer("a*")("baa b") == ["aa"]
    assert RegexTokenizer("a*").offsets("baa b") == [("aa", 1, 3)]
    assert RegexTokenizer(r"(?i)[a-z]+")("To BE") == ["To", "BE"]


def test_a_pattern_that_is_not_one():
    with pytest.raises(UsageError, match=r"not a valid regular expression: '\(a': missing \) at position 2"):
        RegexTokenizer("(a")


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("Mr. Chen does n't agree with my suggestion .", "Mr. Chen doesn't agree with my suggestion."),
        ("I 've paid $ 3.88 ( 10 % off ) !", "I've paid $3.88 (10% off)!"),
        ("“ Yes , ” he said ; ' no ' .", "“Yes,” he said; 'no'."),
        ('He said " yes " and " no " .', 'He said "yes" and "no".'),
        ("我 爱 NLP ， 用 “ jieba ” 吧 ！", "我爱NLP，用“jieba”吧！"),
        ("a — b", "a — b"),
        ("", ""),
    ],
)
def test_the_usual_spaces(tokens, text):
    assert join_words(tokens.split()) == text


@given(words=st.lists(st.text("abcxyz", min_size=1), max_size=8))
def test_plain_words_are_joined_by_one_space(words):
    assert join_words(words) == " ".join(words)
