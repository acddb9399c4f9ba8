"""Every stage by name, tokenizers made from options, and what all tokenizers have in common."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
import pkgutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import textkit.text.clean
import textkit.text.tokenizers
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text import Tokenizer
from textkit.text.catalog import STAGES, TOKENIZERS, make_tokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.sentencepiece import train_sentencepiece

TEXTS = [
    "",
    " ",
    'Mr. Chen said "no", didn\'t he?',
    "我来到北京，very good！",
    "a\tb  c\u3000d",
    "😀 e\u0301 \x00",
]


def make(name):
    model = train_sentencepiece(TEXTS * 9, vocab_size=35).model if name == "sentencepiece" else None
    return make_tokenizer(name, {"model": model} if model else {})


@pytest.fixture(params=sorted(TOKENIZERS))
def tokenizer(request):
    return make(request.param)


def test_tokenizers_keep_the_protocol(tokenizer):
    assert isinstance(tokenizer, Tokenizer)
    for text in TEXTS:
        tokens = tokenizer.offsets(text)
        assert [token.text for token in tokens] == tokenizer(text)
        starts = [token.start for token in tokens]
        assert starts == sorted(starts)
        assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
        assert isinstance(tokenizer.detokenize(tokenizer(text)), str)
    assert tokenizer("") == []
    assert tokenizer.detokenize([]) == ""


def test_tokenizers_are_values(tokenizer):
    tokenizer("used before it is copied")
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy == tokenizer
    assert hash(copy) == hash(tokenizer)
    assert repr(copy) == repr(tokenizer)
    assert len(repr(tokenizer)) < 150
    with pytest.raises(dataclasses.FrozenInstanceError):
        tokenizer.anything = 1


def test_tokenizers_travel_to_other_processes():
    tokenizers = [make(name) for name in sorted(TOKENIZERS) if name != "spacy"]
    tokenizers.append(JiebaTokenizer(user_dictionary="北京very 5\n".encode()))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for tokenizer in tokenizers:
            assert list(pool.map(tokenizer, TEXTS)) == [tokenizer(text) for text in TEXTS]


def test_every_stage_of_the_package_is_in_the_catalog():
    found = set()
    for package in (textkit.text.clean, textkit.text.tokenizers):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            classes = [
                cls for cls in vars(importlib.import_module(module.name)).values() if isinstance(cls, type)
            ]
            found |= {cls for cls in classes if cls.__module__ == module.name and "__call__" in vars(cls)}
    assert set(STAGES) == found
    assert set(TOKENIZERS.values()) <= found
    assert len({cls.__name__ for cls in STAGES}) == len(STAGES)


def test_options_reach_the_tokenizer(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("来到北京 9999\n", encoding="utf-8")
    tokenizer = make_tokenizer("jieba", {"mode": "search", "hmm": False, "user_dictionary": words})
    assert tokenizer == JiebaTokenizer("search", hmm=False, user_dictionary=words.read_bytes())
    assert tokenizer("我来到北京") == ["我", "来到", "北京", "来到北京"]
    assert make_tokenizer("jieba", {"user_dictionary": str(words)}) == JiebaTokenizer(
        user_dictionary=words.read_bytes()
    )
    assert make_tokenizer("characters", {"keep_space": True})("a b") == ["a", " ", "b"]
    assert make_tokenizer("spacy", {"language": "de"})("z.B. so") == ["z.B.", "so"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("jeiba", {}, "unknown tokenizer 'jeiba': did you mean 'jieba'? (known: characters, jieba, nltk"),
        (
            "jieba",
            {"language": "zh"},
            "'jieba' takes no option 'language' (its options: mode, hmm, user_dictionary)",
        ),
        ("nltk", {"mode": "full"}, "tokenizer 'nltk' takes no option 'mode' (it has none)"),
        ("jieba", {"hmm": "yes"}, "tokenizer 'jieba': option 'hmm' must be true or false, not 'yes'"),
        ("regex", {"pattern": 5}, "tokenizer 'regex': option 'pattern' must be text, not 5"),
        ("sentencepiece", {"model": 5}, "tokenizer 'sentencepiece': option 'model' must be a file, not 5"),
        ("sentencepiece", {}, "tokenizer 'sentencepiece' needs the option 'model'"),
        ("jieba", {"mode": "ful"}, "unknown jieba mode 'ful': did you mean 'full'?"),
        ("spacy", {"language": "english"}, "unknown spaCy language 'english'"),
        ("regex", {"pattern": "["}, "not a valid regular expression: '['"),
    ],
)
def test_wrong_names_and_options(name, options, message):
    with pytest.raises(UsageError) as caught:
        make_tokenizer(name, options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.model: cannot be read: no such file or directory"):
        make_tokenizer("sentencepiece", {"model": tmp_path / "no.model"})
    with pytest.raises(InputError, match="cannot be read: is a directory"):
        make_tokenizer("sentencepiece", {"model": tmp_path})
    damaged = tmp_path / "bad.model"
    damaged.write_bytes(b"bad")
    with pytest.raises(CheckpointError, match=r"bad\.model: not a sentencepiece model"):
        make_tokenizer("sentencepiece", {"model": damaged})
    damaged.write_bytes("词\t5\n".encode())
    with pytest.raises(InputError, match=r"bad\.model: user dictionary, line 1"):
        make_tokenizer("jieba", {"user_dictionary": damaged})


def test_importing_the_floor_loads_nothing_heavy():
    code = "import sys, textkit.text, textkit.text.catalog; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = "torch spacy nltk jieba sentencepiece opencc selectolax ftfy datasets sklearn numpy regex"
    assert not set(heavy.split()) & set(done.stdout.split())
