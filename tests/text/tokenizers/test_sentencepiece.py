"""sentencepiece: training in memory, exact round trips, places, and errors that say what to do."""

from __future__ import annotations

import functools
import io
import itertools
import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text.tokenizers import sentencepiece_trainer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece

STEMS = ["low", "new", "wide", "tall", "fast", "酒店", "房间", "很好", "干净", "服务"]
ENDS = ["", "er", "est", "ly", "ness", "的", "了"]
SPELLED = [
    "low",
    "newest ",
    "  ",
    "酒店",
    "好",
    "☃",
    "😀",
    "é",
    "e\u0301",
    "\t",
    "\x00",
    "\u3000",
    "<0xE4>",
    "<unk>",
]
TEXTS = st.lists(
    st.sampled_from(SPELLED)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="▁"), max_size=3),
    max_size=8,
)


def corpus(lines=400):
    rng = random.Random(0)
    return [
        " ".join(rng.choice(STEMS) + rng.choice(ENDS) for _ in range(rng.randint(1, 8))) for _ in range(lines)
    ]


@functools.cache
def trained(kind="unigram", byte_fallback=False, prefix=True):
    size = 316 if byte_fallback else 60
    return train_sentencepiece(
        corpus(), vocab_size=size, model_type=kind, byte_fallback=byte_fallback, add_dummy_prefix=prefix
    )


EVERY_KIND = pytest.mark.parametrize(
    "settings", list(itertools.product(("unigram", "bpe"), (False, True), (False, True))), ids=str
)


@EVERY_KIND
@given(text=TEXTS.map("".join))
def test_round_trip_is_exact(settings, text):
    tokenizer = trained(*settings)
    assert tokenizer.detokenize(tokenizer(text)) == text


@EVERY_KIND
@given(text=TEXTS.map("".join))
def test_places_cover_the_text(settings, text):
    tokenizer = trained(*settings)
    tokens = tokenizer.offsets(text)
    assert [token.text for token in tokens] == tokenizer(text)
    places = [(token.start, token.end) for token in tokens]
    assert places == sorted(places)
    assert {i for start, end in places for i in range(start, end)} == set(range(len(text)))
    for token in tokens:
        place = text[token.start : token.end]
        if token.text.startswith("<0x") and token.text in tokenizer.pieces:
            assert int(token.text[3:5], 16) in place.replace(" ", "▁").encode()
        else:
            assert token.text.replace("▁", " ").removeprefix(" ") == place.removeprefix(" ")


def test_training_is_deterministic_and_makes_the_vocabulary_asked_for():
    for kind in ("unigram", "bpe"):
        one, other = (train_sentencepiece(iter(corpus()), vocab_size=60, model_type=kind) for _ in range(2))
        assert one == other
        assert one.pieces == other.pieces
        assert len(one.pieces) == 59  # the unknown symbol is the sixtieth
        assert "<unk>" not in one.pieces
        known = set(one.pieces)
        assert all(set(one(line)) <= known for line in corpus())


def test_frequent_words_become_pieces():
    tokenizer = train_sentencepiece(corpus(), vocab_size=60, model_type="bpe")
    assert tokenizer("low 酒店") == ["▁low", "▁酒店"]


def test_long_lines_are_not_left_out():
    long = " ".join(["zebra"] * 2000)
    assert "z" in "".join(train_sentencepiece([*corpus(20), long], vocab_size=46).pieces)


def test_bytes_of_unknown_characters():
    tokenizer = train_sentencepiece(corpus(), vocab_size=316, byte_fallback=True, add_dummy_prefix=False)
    assert tokenizer("☃") == ["<0xE2>", "<0x98>", "<0x83>"]
    assert tokenizer.offsets("☃") == [("<0xE2>", 0, 1), ("<0x98>", 0, 1), ("<0x83>", 0, 1)]
    assert tokenizer.detokenize(["<0xE2>", "<0x98>"]) == "\ufffd"  # half a character, as a model may generate


@pytest.mark.parametrize(
    "settings",
    [
        {"normalization_rule_name": "nmt_nfkc"},
        {"normalization_rule_name": "nfkc_cf", "byte_fallback": True, "vocab_size": 320},
        {"add_dummy_prefix": False},
        {"remove_extra_whitespaces": False},
    ],
)
def test_models_trained_elsewhere_are_used_as_the_package_does(settings):
    import sentencepiece

    written = io.BytesIO()
    settings = {"vocab_size": 60, "minloglevel": 3} | settings
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=written, **settings
    )
    peer = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    tokenizer = SentencePieceTokenizer(written.getvalue())
    for text in [*corpus(50), "  Ｌｏｗ   ﬁｎｅ ① "]:
        assert tokenizer(text) == peer.encode(text, out_type=str)
        tokens = tokenizer.offsets(text)
        assert [token.text for token in tokens] == tokenizer(text)
        starts = [token.start for token in tokens]
        assert starts == sorted(starts)
        assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    texts = [*corpus(50), "  Ｌｏｗ   ﬁｎｅ ① "]
    assert tokenizer.batch(texts).lists() == peer.encode(texts, out_type=str)
    for text in corpus(50):
        assert tokenizer.detokenize(tokenizer(text)) == peer.decode(peer.encode(text)) == text


def test_spaces_at_the_end_of_words():
    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()),
        model_writer=written,
        vocab_size=60,
        treat_whitespace_as_suffix=True,
        minloglevel=3,
    )
    tokenizer = SentencePieceTokenizer(written.getvalue())
    assert all(tokenizer.detokenize(tokenizer(line)) == line for line in corpus(50))


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_vocabulary_of_the_wrong_size_says_what_fits(kind):
    with pytest.raises(
        UsageError, match=r"vocab_size 9000 is too large for this text: give at most \d+"
    ) as caught:
        train_sentencepiece(corpus(), vocab_size=9000, model_type=kind)
    largest = int(str(caught.value).split()[-1])
    assert len(train_sentencepiece(corpus(), vocab_size=largest, model_type=kind).pieces) == largest - 1
    with pytest.raises(
        UsageError, match="vocab_size 5 is too small for this text: its characters alone need"
    ) as caught:
        train_sentencepiece(corpus(), vocab_size=5, model_type=kind)
    smallest = int(str(caught.value).split("need ")[1].split(";")[0])
    assert len(train_sentencepiece(corpus(), vocab_size=smallest, model_type=kind).pieces) == smallest - 1


@pytest.mark.parametrize("lines", [[], [""], ["  ", "\t"]])
def test_empty_text(lines):
    with pytest.raises(InputError, match="sentencepiece cannot be trained: the text is empty"):
        train_sentencepiece(lines)


def test_wrong_settings():
    with pytest.raises(
        UsageError, match=r"unknown sentencepiece model type 'unigramm': did you mean 'unigram'\?"
    ):
        train_sentencepiece(corpus(), model_type="unigramm")
    with pytest.raises(UsageError, match="character_coverage must lie between 0\\.98 and 1, not 99"):
        train_sentencepiece(corpus(), character_coverage=99)
    with pytest.raises(UsageError, match="vocab_size must be at least 1, not 0"):
        train_sentencepiece(corpus(), vocab_size=0)


def test_an_error_of_the_lines_own_source_comes_through():
    def lines():
        yield "some text"
        raise InputError("a.txt:2: not UTF-8")

    with pytest.raises(InputError, match=r"^a\.txt:2: not UTF-8$"):
        train_sentencepiece(lines())


def test_a_damaged_model():
    for model in (b"", b"no model", trained().model[:-50]):
        with pytest.raises(CheckpointError, match="not a sentencepiece model, or a damaged one"):
            SentencePieceTokenizer(model)


def test_training_prints_nothing(capfd):
    train_sentencepiece(corpus(), vocab_size=60)
    with pytest.raises(UsageError):
        train_sentencepiece(corpus(), vocab_size=9000)
    assert capfd.readouterr() == ("", "")


def test_the_repr_is_short():
    assert len(repr(trained())) == len("SentencePieceTokenizer(model=#0123456789ab)")


def test_long_lines_are_cut_for_training_and_lose_nothing() -> None:
    words = [f"w{i}" for i in range(5000)]
    pieces = list(sentencepiece_trainer._pieces([" ".join(words), "中" * 9000, "", "short"]))
    assert max(map(len, pieces)) <= sentencepiece_trainer.LONGEST
    assert " ".join(pieces[:-4]).split() == words
    assert "".join(pieces[-4:-1]) == "中" * 9000
    assert pieces[-1] == "short"


def test_an_interrupted_training_leaves_no_process() -> None:
    def lines():
        yield from ["one two three"] * 10
        raise KeyboardInterrupt

    before = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True).stdout
    with pytest.raises(KeyboardInterrupt):
        train_sentencepiece(lines(), vocab_size=20)
    after = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True).stdout
    assert after.count("sentencepiece_trainer") <= before.count("sentencepiece_trainer")


@EVERY_KIND
@given(texts=st.lists(TEXTS.map("".join), max_size=4))
def test_batches_are_the_pieces_one_by_one(settings, texts):
    tokenizer = trained(*settings)
    assert tokenizer.batch(texts).lists() == [tokenizer(text) for text in texts]


def test_a_batch_with_and_without_unknown_characters():
    tokenizer = trained()
    texts = ["low", "☃☃ low ☃", "", "newest", "a☃<unk>b", "好 ok"]
    assert tokenizer.batch(texts).lists() == [tokenizer(text) for text in texts]
    assert "☃☃" in tokenizer.batch(texts).lists()[1]
