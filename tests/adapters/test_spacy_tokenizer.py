"""Docs that spell their text exactly, with textkit's tokens; and how they are configured, stored, refused."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.adapters.spacy import DocTokenizer
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text.catalog import make_tokenizer
from textkit.text.clean import preset
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.sentencepiece import train_sentencepiece

STRANGE = [
    "",
    " ",
    "\n\n",
    "我来到 北京  清华大学\n好。",
    " It's 3.50元,\tvery  cheap! ",
    "a\u3000b\xa0c  ",
    "\"Quoted\" text -- he said: 'no'",
    "e\u0301 👩‍👩‍👧 \ufeff x",
    "ＦＵＬＬ　ｗｉｄｔｈ 質量",
]
NAMES = ["characters", "jieba", "nltk", "regex", "spacy", "whitespace"]


def tokenizer(pipeline: Any, **options: Any) -> DocTokenizer:
    return DocTokenizer(spacy.blank("xx").vocab, pipeline, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", STRANGE)
def test_docs_spell_their_text(name: str, text: str) -> None:
    plain = make_tokenizer(name)
    doc = tokenizer(plain)(text)
    assert doc.text == text
    tokens = [token for token in plain.offsets(text) if text[token.start : token.end].strip()]
    assert [(t.idx, t.idx + len(t.text)) for t in doc if not t.is_space] == [(s, e) for _, s, e in tokens]
    assert [t.norm_ for t in doc if not t.is_space] == [
        token.text if token.text != text[token.start : token.end] else doc.vocab[token.text].norm_
        for token in tokens
    ]


@settings(max_examples=20)
@given(st.text(max_size=30))
def test_any_text_is_spelled(text: str) -> None:
    assert tokenizer(make_tokenizer("jieba"))(text).text == text
    cleaned = preset("zh").then(make_tokenizer("characters"))
    assert tokenizer(cleaned, keep_rest=True)(text).text == text


def test_places_after_cleaning_are_those_of_the_raw_text() -> None:
    pipeline = preset("web").then(make_tokenizer("regex"))
    text = "<p>caf&eacute;  OK</p>"
    with pytest.raises(InputError, match="leaves out '<p>' at 0 to 3"):
        tokenizer(pipeline)(text)
    doc = tokenizer(pipeline, keep_rest=True)(text)
    assert [(token.text, token.norm_) for token in doc if token.norm_ == "café"] == [("caf&eacute;", "café")]
    assert [token.text for token in doc] == ["<p>", "caf&eacute;", " ", "OK", "</p>"]


def test_subwords_take_no_blank_along() -> None:
    made = train_sentencepiece(
        ["low lower lowest", "new newer newest"] * 20, vocab_size=270, byte_fallback=True
    )
    for text in ("new low", "  newer  低 lower ", "低"):
        doc = tokenizer(made)(text)
        assert doc.text == text
        assert "低" not in text or "低" in [token.text for token in doc]  # its three bytes are one word


def test_what_no_doc_can_hold() -> None:
    with pytest.raises(InputError, match="tokens overlap at 0 to 2"):
        tokenizer(make_tokenizer("jieba", {"mode": "full"}))("清华大学")
    with pytest.raises(InputError, match=r"leaves out '!' at 2 to 3, .* keep_rest"):
        tokenizer(make_tokenizer("regex", {"pattern": "[a-z]+"}))("ab!")
    with pytest.raises(UsageError, match="must end in a tokenizer"):
        tokenizer(preset("zh"))
    with pytest.raises(UsageError, match="must end in a tokenizer"):
        tokenizer(Pipeline.of(str.split))


def configured(name: str = "jieba", **options: Any) -> Any:
    block = {"@tokenizers": "textkit_tokenizer", "tokenizer": name, **options}
    return spacy.blank("zh", config={"nlp": {"tokenizer": block}})


def test_the_configuration_is_stored_and_read(tmp_path: Path) -> None:
    nlp = configured("regex", clean="en", options={"pattern": r"\w+"}, keep_rest=True)
    assert nlp.config["nlp"]["tokenizer"]["tokenizer"] == "regex"
    nlp.to_disk(tmp_path / "nlp")
    read = spacy.load(tmp_path / "nlp")
    text = "OK, It's"
    assert [token.norm_ for token in read(text)] == [token.norm_ for token in nlp(text)]
    assert read.tokenizer.signature() == nlp.tokenizer.signature()
    assert configured().from_bytes(configured().to_bytes()).tokenizer.signature()
    with pytest.raises(CheckpointError, match=r"and .* was saved"):
        spacy.load(tmp_path / "nlp", config={"nlp.tokenizer.clean": "zh"})
    (tmp_path / "nlp" / "tokenizer").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="not saved by textkit"):
        spacy.load(tmp_path / "nlp")
    (tmp_path / "nlp" / "tokenizer").unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        spacy.load(tmp_path / "nlp")
    with pytest.raises(UsageError, match="did you mean 'jieba'"):
        configured("jeiba")


def test_many_texts_and_two_processes() -> None:
    nlp, texts = configured(), ["我来到北京清华大学", "", "a  b"] * 3
    alone = [[(t.text, t.whitespace_) for t in doc] for doc in nlp.pipe(texts)]
    assert [[(t.text, t.whitespace_) for t in doc] for doc in nlp.pipe(texts, n_process=2)] == alone
    assert [doc.text for doc in nlp.tokenizer.pipe(texts)] == texts
    copy = pickle.loads(pickle.dumps(nlp.tokenizer))
    assert [token.text for token in copy("我来到北京")] == ["我", "来到", "北京"]


def test_it_may_also_be_a_component(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("textkit_tokenizer", config={"tokenizer": "jieba"})
    found = list(nlp.pipe([("我来到北京", 7)], as_tuples=True))
    assert [([token.text for token in doc], number) for doc, number in found] == [(["我", "来到", "北京"], 7)]
    nlp.to_disk(tmp_path / "nlp")
    assert [token.text for token in spacy.load(tmp_path / "nlp")("我来到北京")] == ["我", "来到", "北京"]


def test_spacy_finds_the_names_by_itself(tmp_path: Path) -> None:
    """With the entry points that the distribution declares, nobody needs to import the adapter."""
    metadata = tmp_path / "some-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some\nVersion: 1.0\n")
    home = "textkit.adapters.spacy.registration"
    (metadata / "entry_points.txt").write_text(
        f"[spacy_tokenizers]\ntextkit_tokenizer = {home}:tokenizer_factory\n"
        f"[spacy_factories]\ntextkit_classifier = {home}:make_classifier\n"
        f"textkit_tagger = {home}:make_tagger\n"
        f"textkit_tokenizer = {home}:make_tokenizer_component\n"
    )
    code = (
        "import spacy, sys; nlp = spacy.blank('zh', config={'nlp': {'tokenizer': "
        "{'@tokenizers': 'textkit_tokenizer'}}}); print([t.text for t in nlp('我来到北京')]); "
        "print(all(map(nlp.has_factory, ['textkit_classifier', 'textkit_tagger', 'textkit_tokenizer'])));"
        "print('sklearn' in sys.modules or 'textkit.train.checkpoint' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
    )
    assert found.stdout.splitlines() == ["['我', '来到', '北京']", "True", "False"]
