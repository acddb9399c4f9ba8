"""Exported tokenizers: the same ids, tokens and places, or no file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizers import Tokenizer

from textkit.adapters.huggingface import convert, exactness, export_tokenizer
from textkit.adapters.huggingface.model_file import NORMAL, read_model
from textkit.errors import CheckpointError, TextkitError, UsageError
from textkit.text import Vocab
from textkit.text.catalog import TOKENIZERS
from textkit.text.clean import preset
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

LINES = [
    "It's 3.50元, 很便宜!",
    "to be,  or\u3000not\xa0to be",
    "the cat sat on the mat",
    "",
    "好。。。。",
    "a</s> </s> b",
]
SPECIALS = ("<unk>", "<s>", "</s>")
WORDS = [
    WhitespaceTokenizer(),
    WhitespaceTokenizer(unicode=False),
    CharacterTokenizer(),
    CharacterTokenizer(keep_space=True),
    RegexTokenizer(),
    RegexTokenizer("[a-z]+"),
]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the alphabet one line in a hundred: all of it takes seconds."""
    some = exactness.alphabet_lines()[::100]
    monkeypatch.setattr(exactness, "alphabet_lines", lambda: some)


def vocabulary(tokenizer: Any) -> Vocab:
    return Vocab.build(map(tokenizer, LINES[:4]), specials=SPECIALS)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("tokenizer", WORDS, ids=repr)
def test_words_have_the_same_ids_and_places(tokenizer: Any, tmp_path: Path) -> None:
    vocab = vocabulary(tokenizer)
    export_tokenizer(tokenizer, tmp_path / "tokenizer.json", vocab=vocab, probe=LINES)
    read = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for line in [*LINES, "\x1c a\x85b\u2028", "<unk> <s>", "x<s> </s>\n"]:
        found = read.encode(line)
        assert found.ids == vocab.encode(tokenizer(line))
        if "s>" not in line:
            assert found.offsets == [(token.start, token.end) for token in tokenizer.offsets(line)]
            assert found.tokens == vocab.decode(found.ids)
    assert [read.token_to_id(token) for token in vocab.tokens] == list(range(len(vocab)))


def test_the_whole_alphabet_agrees() -> None:
    assert len("".join(exactness.alphabet_lines())) > 4 * 150_000
    convert(RegexTokenizer(), vocabulary(RegexTokenizer()))


@pytest.mark.usefixtures("few")
def test_what_differs_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    strange = RegexTokenizer(r"\w+|\d")  # \w of the two libraries are not the same
    probe = ["plain", "a\u200db"]
    with pytest.raises(TextkitError, match=r"differs, and was not written: ids of .* are due"):
        export_tokenizer(strange, path, vocab=vocabulary(strange), probe=probe)
    ends = RegexTokenizer(r"^\w+")  # there, ^ is also where a line begins
    with pytest.raises(TextkitError, match=r"differs, .* are due"):
        export_tokenizer(ends, path, vocab=Vocab.build([["one"]]), probe=["one", "one\ntwo"])
    with pytest.raises(UsageError, match="cannot be read there"):
        export_tokenizer(RegexTokenizer(r"\p{Script=Greek}+"), path, vocab=Vocab.build([["a"]]))
    assert not path.exists()


@pytest.mark.parametrize("name", ["jieba", "nltk", "spacy"])
def test_what_cannot_be_exact_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"(?i){name}.* cannot be exported: .*{name}"):
        convert(TOKENIZERS[name](), Vocab.build([["a"]]))


def test_what_makes_no_sense_is_refused() -> None:
    vocab = Vocab.build([["a"]])
    with pytest.raises(UsageError, match="Lowercase, UnicodeNormalize, CollapseWhitespace before it"):
        convert(preset("en").then(WhitespaceTokenizer()), vocab)
    with pytest.raises(UsageError, match="give the vocabulary"):
        convert(WhitespaceTokenizer())
    with pytest.raises(UsageError, match="without an unknown word"):
        convert(WhitespaceTokenizer(), Vocab.build([["a"]], specials=(), unknown=None))
    with pytest.raises(UsageError, match="'pad' is also a token of text"):
        convert(RegexTokenizer(), Vocab.build([["a"]], specials=("<unk>", "pad")))
    with pytest.raises(UsageError, match="none of textkit's own"):
        convert(str.split, vocab)


def corpus(size: int) -> list[str]:
    words = ["low", "lower", "lowest", "new", "newer", "widest", "好", "便宜", "便", "很", ",", "3.5"]
    return [" ".join(words[(n * k + k) % 12] for k in range(1, 8)) for n in range(size)]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize(("byte_fallback", "prefix"), [(False, True), (True, True), (True, False)])
def test_subwords_have_the_models_ids(kind: str, byte_fallback: bool, prefix: bool, tmp_path: Path) -> None:
    model = train_sentencepiece(
        corpus(60),
        vocab_size=(30 if kind == "unigram" else 40) + 256 * byte_fallback,
        model_type=kind,
        byte_fallback=byte_fallback,
        add_dummy_prefix=prefix,
    )
    export_tokenizer(model, tmp_path / "tokenizer.json", probe=corpus(70))
    read = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    theirs = sentencepiece.SentencePieceProcessor(model_proto=model.model)
    texts = [*corpus(65), "", "  two  spaces ", "<unk>", "low<unk>new<0x41>", "謎 low", "▁ a", "<<unk>>"]
    for text in texts:
        assert read.encode(text).ids == theirs.encode(text)
    for text in corpus(65):
        assert read.decode(read.encode(text).ids) == text
    if byte_fallback:
        assert read.decode(read.encode("謎 low").ids) == "謎 low"
    with pytest.raises(UsageError, match="has ids of its own"):
        convert(model, Vocab.build([["a"]]))


@pytest.mark.usefixtures("few")
def test_ties_are_a_difference_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = train_sentencepiece(corpus(60), vocab_size=30)
    scores = read_model(model.model).pieces
    assert exactness._tied([1, 2], [2, 1], [0.0, -1.0, -2.0], unknown=0)
    assert not exactness._tied([1], [2], [0.0, -1.0, -2.0], unknown=0)
    assert not exactness._tied([0], [1], [0.0, 0.0], unknown=0)
    assert {piece.kind for piece in scores[1:]} == {NORMAL}
    monkeypatch.setattr(exactness, "_tied", lambda *_args, **_options: True)
    monkeypatch.setattr("textkit.adapters.huggingface.export.subword_tokenizer", lambda _model: Wrong())
    monkeypatch.setattr("textkit.adapters.huggingface.export._reloaded", lambda made: made)
    with pytest.raises(TextkitError, match="two ways that are as likely"):
        convert(model)
    convert(model, allow_ties=True)


class Wrong:
    """Says that everything is unknown."""

    def encode(self, line: str, **_options: Any) -> Any:
        return type("Found", (), {"ids": [0] * bool(line)})


def test_models_of_others(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"sentence_iterator": iter(corpus(60)), "vocab_size": 32, "minloglevel": 3}

    def trained(**more: Any) -> SentencePieceTokenizer:
        prefix = tmp_path / f"m{len(list(tmp_path.iterdir()))}"
        given = settings | {"sentence_iterator": iter(corpus(60)), "model_prefix": str(prefix)} | more
        sentencepiece.SentencePieceTrainer.train(**given)
        return SentencePieceTokenizer(prefix.with_suffix(".model").read_bytes())

    usual = trained()  # normalised by nmt_nfkc, single spaces, <s> and </s>
    made = convert(usual, probe=corpus(70))
    theirs = sentencepiece.SentencePieceProcessor(model_proto=usual.model)
    for text in ("  low   new ", "ｌｏｗ", "<s>low</s>"):
        assert made.encode(text).ids == theirs.encode(text)
    with pytest.raises(UsageError, match=r"user-defined .*'<x>'"):
        convert(trained(user_defined_symbols=["<x>"]))
    with pytest.raises(UsageError, match="end of words"):
        convert(trained(treat_whitespace_as_suffix=True))
    with pytest.raises(UsageError, match="only unigram and BPE"):
        convert(trained(model_type="char"))


def test_damaged_models_are_told() -> None:
    data = train_sentencepiece(corpus(60), vocab_size=30).model
    assert read_model(data).pieces[0].text == "<unk>"
    for damaged in (data[:-1], b"\x0a\xff", b"\xff" * 20, b"\x0b"):
        with pytest.raises(CheckpointError, match="not a sentencepiece model"):
            read_model(damaged)


@pytest.mark.data
@pytest.mark.slow
def test_ten_thousand_real_lines() -> None:
    root = os.environ.get("TEXTKIT_DATA")
    if root is None:
        pytest.skip("TEXTKIT_DATA does not say where the data are")
    chinese = (Path(root) / "sentiment" / "jd" / "train.tsv").read_text(encoding="utf-8").split("\n")[:5000]
    english = (Path(root) / "nmt" / "multi30k_de_en" / "train.en").read_text(encoding="utf-8").split("\n")
    lines = [*chinese, *english[:5000]]
    for tokenizer in WORDS:
        convert(tokenizer, Vocab.build(map(tokenizer, lines), min_count=2, specials=SPECIALS), probe=lines)
    for kind in ("unigram", "bpe"):
        model = train_sentencepiece(lines[::5], vocab_size=4000, model_type=kind, byte_fallback=True)
        convert(model, probe=lines, allow_ties=kind == "unigram")
