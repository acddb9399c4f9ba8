"""Tokenizers on any text, and the files that they are made of."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from fuzz_targets.cleaning import TEXTS, text_of
from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text.tokenizers import regular_expression
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.nltk import NltkTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece
from textkit.text.tokenizers.spacy import SpacyTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

MORE = {
    "english": "It's 3.50 \"dollars\", isn't it? (see http://a.cn/b, U.S. e.g. gonna) -- ok...",
    "chinese": "我来到北京清华大学，he said：3.14很便宜！小明硕士毕业于中国科学院计算所",
    "spaces": " a  \t\u3000b\u00a0\u200b\x1c ▁c▁ \r ",
}
DICTIONARY = "云计算 5\n石墨烯 n\n北京清华 100 nt\n小明 0\n".encode()
Make = Callable[[], Any]


def _on_text(*makes: Make, exact: bool) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        """Places point at their tokens, in order; batches give the same; what loses nothing joins to it."""
        text = text_of(data)
        for make in makes:
            tokenizer = make()
            tokens = tokenizer(text)
            full = isinstance(tokenizer, JiebaTokenizer) and tokenizer.mode == "full"
            holds(full or all(tokens), f"{tokenizer!r}: an empty token")  # jieba's own full mode gives some
            _check_places(tokenizer, text, tokens)
            lines = text.split("\n")
            if hasattr(tokenizer, "batch"):
                same(
                    tokenizer.batch(lines).lists(),
                    [tokenizer(line) for line in lines],
                    f"{tokenizer!r} batch",
                )
            if not full:
                joined = tokenizer.detokenize(tokens)
                if exact:
                    same(
                        joined,
                        text.replace("▁", " ") if _subwords(tokenizer) else text,
                        f"{tokenizer!r} joined",
                    )

    return read


def _subwords(tokenizer: Any) -> bool:
    return isinstance(tokenizer, SentencePieceTokenizer)


def _check_places(tokenizer: Any, text: str, tokens: list[str]) -> None:
    placed = tokenizer.offsets(text)
    same([token.text for token in placed], tokens, f"{tokenizer!r} with places")
    holds(all(0 <= t.start <= t.end <= len(text) for t in placed), f"{tokenizer!r}: a place outside the text")
    overlapping = isinstance(tokenizer, JiebaTokenizer) and tokenizer.mode != "accurate"
    if not overlapping:
        starts = [token.start for token in placed]
        holds(starts == sorted(starts), f"{tokenizer!r}: places out of order")
    if not isinstance(tokenizer, NltkTokenizer | SentencePieceTokenizer):
        holds(
            all(text[t.start : t.end] == t.text for t in placed), f"{tokenizer!r}: a place of something else"
        )


@functools.lru_cache(maxsize=1)
def _models() -> tuple[bytes, ...]:
    lines = [*TEXTS.values(), *MORE.values(), "low lower lowest new newer newest"] * 8
    lines = [" ".join(line.split()) for line in lines]
    return tuple(
        train_sentencepiece(
            lines,
            vocab_size=size,
            model_type=kind,
            byte_fallback=fallback,
            character_coverage=1 - fallback / 50,
        ).model
        for size, kind, fallback in ((130, "unigram", False), (400, "bpe", True))
    )


def read_dictionary(data: bytes, folder: Path) -> None:
    """A user dictionary; with it, the tokens of a text still join to it."""
    with refusing(InputError):
        tokenizer = JiebaTokenizer(user_dictionary=data)
        for text in (MORE["chinese"], text_of(data)[:200]):
            same("".join(tokenizer(text)), text, "tokens joined")


def read_pattern(data: bytes, folder: Path) -> None:
    """A pattern for words: refused, or its matches are where they say."""
    soon = mock.patch.object(regular_expression, "SECONDS", 0.2)  # or it is ten seconds for most inputs
    with soon, refusing(UsageError, InputError):
        tokenizer = RegexTokenizer(text_of(data))
        for text in ("to be, or 不是 3.5", ""):
            _check_places(tokenizer, text, tokenizer(text))


def read_subwords(data: bytes, folder: Path) -> None:
    """The bytes of a sentencepiece model: refused, or they tokenize."""
    with refusing(CheckpointError):
        tokenizer = SentencePieceTokenizer(data)
        for text in ("low newer 北京 ▁", ""):
            tokens = tokenizer(text)
            holds(isinstance(tokenizer.detokenize(tokens), str), "no text")
            tokenizer.offsets(text)
            same(tokenizer.batch([text]).lists(), [tokens], "tokens of a batch")


def read_cache(data: bytes, folder: Path) -> None:
    """jieba's model in the cache, as it is and under a sum that fits: what is not whole is nothing."""
    from textkit.text.tokenizers import jieba_model

    jieba_model._read(placed(folder, "jieba", data), "digest")
    try:
        header = json.loads(data[: jieba_model.HEADER])
        header.pop("sha256", None)
        header["sha256"] = jieba_model._sum(header, data[jieba_model.HEADER :])
    except (ValueError, AttributeError, TypeError, RecursionError):
        return
    sealed = json.dumps(header).encode().ljust(jieba_model.HEADER) + data[jieba_model.HEADER :]
    jieba_model._read(placed(folder, "jieba", sealed), "digest")


def _cache() -> dict[str, bytes]:
    from textkit.text.tokenizers import jieba_model

    header = {"digest": "digest", "jieba": "0", "sizes": [4] * len(jieba_model._TYPES), "forbidding": False}
    return {"one": json.dumps(header).encode().ljust(jieba_model.HEADER) + bytes(range(256))}


def _texts() -> dict[str, bytes]:
    return {name: text.encode() for name, text in (TEXTS | MORE).items()}


_WORDS = tuple(
    word.encode()
    for word in ("n't", "...", "``", "''", "▁", "\u200b", "\u3000", "😀", "e\u0301", "--", "北京")
)


def _of_text(name: str, what: str, *makes: Make, exact: bool, memory: int = 2000) -> Target:
    return Target(name, what, _on_text(*makes, exact=exact), _texts, _WORDS, longest=512, memory=memory)


TARGETS = (
    _of_text(
        "tokens-simple",
        "tokens by regular expression, white space, characters",
        *(RegexTokenizer, lambda: RegexTokenizer(r"\w+|\S"), WhitespaceTokenizer, CharacterTokenizer),
        exact=False,
    ),
    _of_text("tokens-nltk", "tokens by NLTK's rules", NltkTokenizer, exact=False),
    _of_text(
        "tokens-spacy", "tokens by spaCy's rules", SpacyTokenizer, lambda: SpacyTokenizer("zh"), exact=False
    ),
    _of_text(
        "tokens-jieba",
        "tokens by jieba, all modes",
        JiebaTokenizer,
        lambda: JiebaTokenizer(hmm=False),
        lambda: JiebaTokenizer(mode="search"),
        lambda: JiebaTokenizer(mode="full"),
        lambda: JiebaTokenizer(user_dictionary=DICTIONARY),
        exact=False,
    ),
    _of_text(
        "tokens-sentencepiece",
        "tokens by sentencepiece, unigrams and BPE with bytes",
        *(lambda: SentencePieceTokenizer(_models()[0]), lambda: SentencePieceTokenizer(_models()[1])),
        exact=True,
    ),
    Target(
        "dictionary",
        "jieba's user dictionaries",
        read_dictionary,
        lambda: {"words": DICTIONARY, "marked": b"\xef\xbb\xbf" + DICTIONARY.replace(b"\n", b"\r\n")},
        (b" 0", b" 9", b" n", b" " + b"9" * 300, "北".encode(), "\u3000".encode(), b"\r\n", b"\0"),
        longest=256,
        memory=4000,
        seconds=20,
    ),
    Target(
        "jieba-cache",
        "jieba's model in the cache",
        read_cache,
        _cache,
        (b"[", b"null", b"-1", b'"sizes"', b"[[1]]", b"9" * 30, b"true"),
    ),
    Target(
        "pattern",
        "patterns of the regex tokenizer",
        read_pattern,
        lambda: {
            "words": rb"\w+(?:'\w+)?|\p{Han}|[^\w\s]",
            "sets": rb"[[a-z]--[aeiou]]+|(?<x>a)(?P=x)",
            "look": b"(?<=a)b|(?=c)",
        },
        (rb"\p{Han}", b"(?:", b"(?i)", b"{1,9}", b"*+", rb"\1", b"{e<=1}", b"(?<=", b"[^"),
        longest=48,
        memory=20000,
        room=1200 << 20,  # `regex` itself goes as far as 1 GiB for a pattern that calls itself
    ),
    Target(
        "subwords",
        "the bytes of a sentencepiece model",
        read_subwords,
        lambda: dict(zip(("unigram", "bpe"), _models(), strict=True)),
        (b"\x0a", b"\x12", b"\x1a", b"\xff\xff\xff\xff\x0f", b"\x18\x06"),
        memory=4000,
        longest=16384,
    ),
)
