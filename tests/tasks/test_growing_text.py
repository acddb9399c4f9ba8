"""Text put together token by token: what was given out never changes, and stop strings end it."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.tasks.language_model.growing_text import GrowingText
from textkit.text.tokenizer import Tokenizer
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.nltk import NltkTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


@functools.cache
def pieces_and_bytes() -> SentencePieceTokenizer:
    lines = ["the cat sat on the mat", "a dog saw it", "don't (stop), he said"] * 20
    return train_sentencepiece(lines, vocab_size=280, byte_fallback=True)


TOKENIZERS = {
    "characters": CharacterTokenizer,
    "jieba": JiebaTokenizer,
    "jieba search": lambda: JiebaTokenizer(mode="search"),
    "nltk": NltkTokenizer,
    "regex": RegexTokenizer,
    "sentencepiece": pieces_and_bytes,
    "whitespace": WhitespaceTokenizer,
}
WORDS = ["the", "cat", "ca", "n't", ",", ".", '"', "''", "``", "(", ")", "中国", "国", "▁do", "n", "...", "'"]
BYTES = ["<0xE4>", "<0xB8>", "<0xAD>", "<0xF0>", "<0x9F>", "<0x20>"]
tokens = st.lists(st.sampled_from([None, *WORDS, *BYTES]), max_size=14)


def detokenized(tokenizer: Tokenizer, given: list[str | None]) -> str:
    lines: list[list[str]] = [[]]
    for token in given:
        if token is None:
            lines.append([])
        else:
            lines[-1].append(token)
    return "\n".join(tokenizer.detokenize(line) for line in lines)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None, max_examples=40)
@given(st.sampled_from([[[]], [["the", "cat"]], [["中国"], ["(", '"']]]), tokens, st.data())
def test_what_is_settled_stays(name: str, prompt: list[list[str]], given: list[str | None], data) -> None:
    tokenizer = TOKENIZERS[name]()
    flat: list[str | None] = [token for line in prompt for token in (None, *line)][1:]
    start, whole = detokenized(tokenizer, flat), detokenized(tokenizer, [*flat, *given])
    stops = data.draw(st.lists(st.sampled_from(["cat", "t,", "\n", "n't", " ", "中", "\ufffd"]), max_size=2))
    text = GrowingText(prompt, tokenizer, stops=stops)
    shown, known = [text.settled()], [*flat]
    for token in given:
        text.add(token)
        known.append(token)
        shown.append(text.settled())
        assert text.text().startswith(shown[-1])
        if text.ended:
            break
        if not stops:
            assert text.text() == detokenized(tokenizer, known)
    final = text.text()
    for earlier, later in zip(shown, [*shown[1:], final], strict=True):
        assert later.startswith(earlier)
    if whole.startswith(start):  # else the tokens change the prompt itself
        found = [whole.find(stop, len(start)) for stop in stops if stop in whole[len(start) :]]
        assert final == whole[: min(found, default=len(whole))]
    assert not text.ended or found


def test_steady_tokenizers_give_tokens_at_once_and_others_whole_lines() -> None:
    words, nltk = (GrowingText([["he"]], t) for t in (WhitespaceTokenizer(), NltkTokenizer()))
    for text in (words, nltk):
        text.add("said")
    assert (words.settled(), nltk.settled()) == ("he said", "")
    nltk.add(None)
    assert nltk.settled() == "he said\n"


def test_half_characters_wait() -> None:
    text = GrowingText([[]], pieces_and_bytes())
    shown = []
    for token in ("<0xE4>", "<0xB8>", "<0xAD>", "▁the"):
        text.add(token)
        shown.append(text.settled())
    assert shown == ["", "", "中", "中 the"]
    text.add("<0xE4>")
    assert (text.settled(), text.text()) == ("中 the", "中 the\ufffd")


def test_stops_count_behind_the_prompt_and_over_token_borders() -> None:
    text = GrowingText([["stop", "it"]], WhitespaceTokenizer(), stops=["p it", "it no"])
    text.add("now")  # " now": "it no" would begin within the prompt
    assert not text.ended
    for token in ("sto", "top", "it"):
        text.add(token)
    assert (text.ended, text.text()) == (True, "stop it now sto to")
    with pytest.raises(UsageError, match="a stop string must not be empty"):
        GrowingText([[]], WhitespaceTokenizer(), stops=[""])
