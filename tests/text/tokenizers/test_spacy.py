"""spaCy's tokenizers: the package's tokens, installed models by name, and errors that say what to do."""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.text.tokenizers import spacy as ours
from textkit.text.tokenizers.spacy import SpacyTokenizer


def test_the_sentence_of_the_course():
    tokens = SpacyTokenizer()("Mr. Chen doesn't agree with my suggestion.")
    assert tokens == ["Mr.", "Chen", "does", "n't", "agree", "with", "my", "suggestion", "."]


@functools.lru_cache
def package_tokenizer(language):
    import spacy

    return spacy.blank(language).tokenizer


@pytest.mark.parametrize("language", ["en", "de", "fr", "zh", "xx"])
@given(text=st.text(max_size=40))
def test_tokens_are_those_of_the_package_without_white_space(language, text):
    tokens = SpacyTokenizer(language).offsets(text)
    peer = [token.text for token in package_tokenizer(language)(text)]
    assert [token.text for token in tokens] == [token for token in peer if not token.isspace()]
    assert [token.text for token in tokens] == SpacyTokenizer(language)(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)


@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_of_many_words_the_vocabulary_keeps_the_first(language, monkeypatch):
    monkeypatch.setattr(ours, "_KEPT", 0)
    vocab = ours._language(language, "").vocab
    before = len(vocab.strings)
    lines = [f"word{number}, it's 第{chr(0x4E00 + number)}次 {number}km" for number in range(3000)]
    for line in lines:
        tokens = SpacyTokenizer(language).offsets(line)
        assert [token.text for token in tokens] == SpacyTokenizer(language)(line)
        assert all(line[token.start : token.end] == token.text for token in tokens)
    assert len(vocab.strings) == before
    bounded = [SpacyTokenizer(language)(line) for line in lines]
    monkeypatch.undo()
    assert bounded == [SpacyTokenizer(language)(line) for line in lines]
    assert len(vocab.strings) > before + 1000  # characters that other tests had are known already


def test_threads_and_texts_that_fail_leave_the_vocabulary_whole(monkeypatch):
    monkeypatch.setattr(ours, "_KEPT", 0)
    lines = [f"{name}{number} doesn't." for name in "abcd" for number in range(300)]
    with pytest.raises(UnicodeEncodeError):
        SpacyTokenizer()("half a character: \ud800")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(SpacyTokenizer(), lines))
    assert found == [[line.partition(" ")[0], "does", "n't", "."] for line in lines]


def test_an_unknown_language_names_the_nearest():
    with pytest.raises(UsageError, match=r"unknown spaCy language 'grcc': did you mean 'grc'\?"):
        SpacyTokenizer("grcc")("text")


def test_a_language_that_needs_another_package():
    if importlib.util.find_spec("sudachipy"):
        pytest.skip("sudachipy is installed")
    with pytest.raises(
        UsageError, match="spaCy cannot tokenize 'ja' here: Japanese support requires"
    ) as caught:
        SpacyTokenizer("ja")("text")
    assert "\n" not in str(caught.value)


def test_a_model_that_is_not_installed():
    with pytest.raises(UsageError) as caught:
        SpacyTokenizer(model="xx_no_such_model")("text")
    message = str(caught.value)
    assert "spaCy model 'xx_no_such_model' is not installed" in message
    assert message.endswith("install it with: python -m spacy download xx_no_such_model")


def test_language_and_model_contradict():
    with pytest.raises(UsageError, match="a spaCy language or a model, not both: 'de', 'en_core_web_sm'"):
        SpacyTokenizer("de", model="en_core_web_sm")


@pytest.fixture
def installed_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package such as `spacy download` installs: here a blank pipeline with a special case."""
    import spacy

    name = "xx_textkit_model"
    nlp = spacy.blank("en")
    nlp.tokenizer.add_special_case("textkit", [{"ORTH": "text"}, {"ORTH": "kit"}])
    nlp.add_pipe("sentencizer")
    nlp.meta["name"] = "textkit_model"
    package = tmp_path / name
    package.mkdir()
    nlp.to_disk(package / f"{name}-1.0.0")
    meta = json.loads((package / f"{name}-1.0.0" / "meta.json").read_text()) | {
        "lang": "xx",
        "version": "1.0.0",
    }
    (package / f"{name}-1.0.0" / "meta.json").write_text(json.dumps(meta))
    (package / "meta.json").write_text(json.dumps(meta))
    (package / "__init__.py").write_text(
        "from pathlib import Path\nfrom spacy.util import load_model_from_init_py\n"
        "def load(**overrides):\n    return load_model_from_init_py(Path(__file__), **overrides)\n"
    )
    information = tmp_path / f"{name}-1.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
    (information / "entry_points.txt").write_text(f"[spacy_models]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_an_installed_model_gives_its_tokenizer(installed_model):
    assert SpacyTokenizer(model=installed_model)("a textkit.") == ["a", "text", "kit", "."]
    assert SpacyTokenizer()("a textkit.") == ["a", "textkit", "."]


@pytest.mark.parametrize("text", ["Mr. Chen doesn't agree.", "I paid $5 (too much), didn't I?"])
def test_detokenize_gives_back_ordinary_sentences(text):
    assert SpacyTokenizer().detokenize(SpacyTokenizer()(text)) == text
