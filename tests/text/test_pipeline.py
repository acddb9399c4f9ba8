"""Pipelines: composition, failures that are named, signatures, saving and loading."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass

import pytest

from textkit.errors import CheckpointError, InputError, StageError, UsageError
from textkit.text import Pipeline
from textkit.text.catalog import STAGES
from textkit.text.clean import PRESETS, FoldWidth, Lowercase, RemoveUrls, StripHtml, preset
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


@dataclass(frozen=True)
class Failing:
    """Fails on a given text, as a user's own stage might."""

    on: str = "bad"
    ours: bool = False

    def __call__(self, text: str) -> str:
        if text == self.on:
            raise InputError("the text is bad") if self.ours else ValueError("two\nlines")
        return text


def test_stages_run_in_order_and_pipelines_join():
    pipeline = Pipeline.of(StripHtml()).then(Lowercase()).then(WhitespaceTokenizer())
    assert pipeline("<b>Very</b> GOOD") == ["very", "good"]
    assert Pipeline.of(StripHtml()).then(Pipeline.of(Lowercase())).stages == (StripHtml(), Lowercase())
    assert preset("none")("as it is") == "as it is"


def test_map_is_lazy():
    seen = []

    def lines():
        for line in ("A", "B"):
            seen.append(line)
            yield line

    results = Pipeline.of(Lowercase()).map(lines())
    assert seen == []
    assert next(results) == "a"
    assert seen == ["A"]


def test_a_failing_stage_and_the_record_are_named():
    pipeline = Pipeline.of(Lowercase()).then(Failing())
    with pytest.raises(
        StageError, match=r"stage 2 \(Failing\) failed on record 3: ValueError: two"
    ) as caught:
        list(pipeline.map(["good", "fine", "BAD"]))
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(StageError, match=r"stage 2 \(Failing\) failed: ValueError"):
        pipeline("bad")


def test_errors_of_textkit_keep_their_kind():
    with pytest.raises(InputError, match=r"stage 1 \(Failing\) failed on record 1: the text is bad"):
        list(Pipeline.of(Failing(ours=True)).map(["bad"]))


def test_the_signature_is_the_recipe_and_never_changes():
    pipeline = Pipeline.of(FoldWidth(punctuation=False)).then(Lowercase()).then(JiebaTokenizer(hmm=False))
    stages = "FoldWidth(punctuation=False) | Lowercase() | JiebaTokenizer(mode='accurate', hmm=False)"
    assert pipeline.signature() == f"{stages} #6635794035a6"


def test_the_digest_depends_on_every_field_and_on_the_order():
    recipes = [
        Pipeline.of(Lowercase()),
        Pipeline.of(FoldWidth()).then(Lowercase()),
        Pipeline.of(Lowercase()).then(FoldWidth()),
        Pipeline.of(Lowercase()).then(FoldWidth(punctuation=False)),
        Pipeline.of(JiebaTokenizer()),
        Pipeline.of(JiebaTokenizer(user_dictionary=b"a\n")),
        Pipeline.of(JiebaTokenizer(user_dictionary=b"b\n")),
    ]
    assert len({pipeline.digest() for pipeline in recipes}) == len(recipes)


def test_what_is_not_a_dataclass_has_no_signature():
    with pytest.raises(UsageError, match="a pipeline stage must be a frozen dataclass instance, not <"):
        Pipeline.of(lambda text: text).digest()
    assert Pipeline.of(str.upper)("but it runs") == "BUT IT RUNS"


def example(cls):
    """A stage of the class, with settings other than the usual ones where it has any of note."""
    if cls is SentencePieceTokenizer:
        return train_sentencepiece(["some text to train on, 好的"] * 9, vocab_size=17)
    settings = {
        JiebaTokenizer: {"mode": "search", "hmm": False, "user_dictionary": "好的好 5\n".encode()},
        RemoveUrls: {"replacement": "网址"},
        CharacterTokenizer: {"keep_space": True},
    }
    return cls(**settings.get(cls, {}))


@pytest.mark.parametrize("cls", STAGES)
def test_every_stage_is_saved_and_loaded(cls, tmp_path):
    pipeline = Pipeline.of(example(cls))
    pipeline.save(tmp_path / "saved")
    loaded = Pipeline.load(tmp_path / "saved")
    assert loaded == pipeline
    assert loaded.signature() == pipeline.signature()
    assert loaded("Some TEXT 好的好 http://a.cn") == pipeline("Some TEXT 好的好 http://a.cn")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_saved_loaded_and_pickled(name, tmp_path):
    preset(name).save(tmp_path)
    assert Pipeline.load(tmp_path) == preset(name) == pickle.loads(pickle.dumps(preset(name)))


def test_stages_of_ones_own_are_named_when_loading(tmp_path):
    Pipeline.of(Failing(on="worse")).save(tmp_path)
    with pytest.raises(CheckpointError, match=r"pipeline\.json: unknown stage 'Failing'"):
        Pipeline.load(tmp_path)
    assert Pipeline.load(tmp_path, stages=[Failing]) == Pipeline.of(Failing(on="worse"))


def test_a_saved_pipeline_holds_no_pickle(tmp_path):
    Pipeline.of(Lowercase()).then(JiebaTokenizer(user_dictionary=b"abc 5\n")).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipeline.json", "stage2.user_dictionary"]
    assert (tmp_path / "stage2.user_dictionary").read_bytes() == b"abc 5\n"
    assert json.loads((tmp_path / "pipeline.json").read_text(encoding="utf-8"))["stages"][0] == {
        "stage": "Lowercase"
    }


@pytest.fixture
def saved(tmp_path):
    Pipeline.of(FoldWidth()).then(JiebaTokenizer(user_dictionary=b"abc 5\n")).save(tmp_path)
    return tmp_path


def edit(folder, old, new):
    path = folder / "pipeline.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"punctuation": true', '"punctuation": false', "the recipe does not match its digest"),
        ('"FoldWidth"', '"FoldWidht"', "unknown stage 'FoldWidht': did you mean 'FoldWidth'?"),
        (
            '"punctuation"',
            '"punctuations"',
            "stage FoldWidth: FoldWidth.__init__() got an unexpected keyword",
        ),
        ('"format": 1', '"format": 99', "format 99; this version reads format 1"),
        ('"digest"', '"digset"', "not a pipeline: needs the keys 'format', 'digest' and 'stages'"),
        (
            '"mode": "accurate"',
            '"mode": "acurate"',
            "stage JiebaTokenizer: unknown jieba mode 'acurate': did you mean 'accurate'?",
        ),
        ("{", "", "not a pipeline"),
    ],
)
def test_tampering_with_the_recipe_is_noticed(saved, old, new, message):
    edit(saved, old, new)
    with pytest.raises(CheckpointError) as caught:
        Pipeline.load(saved)
    assert "pipeline.json: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_or_missing_file_is_named(saved):
    file = saved / "stage2.user_dictionary"
    file.write_bytes(b"abc 6\n")
    with pytest.raises(CheckpointError, match=r"stage2\.user_dictionary: checksum differs"):
        Pipeline.load(saved)
    file.unlink()
    with pytest.raises(CheckpointError, match=r"stage2\.user_dictionary: cannot be read: no such file"):
        Pipeline.load(saved)
    (saved / "pipeline.json").unlink()
    with pytest.raises(CheckpointError, match=r"pipeline\.json: cannot be read: no such file"):
        Pipeline.load(saved)


def test_a_recipe_cannot_reach_outside_its_folder(saved, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "stage2.user_dictionary"
    outside.write_bytes(b"abc 5\n")
    (saved / "stage2.user_dictionary").unlink()
    edit(saved, '"stage2.user_dictionary"', json.dumps(str(outside)))
    with pytest.raises(CheckpointError, match="cannot be read: no such file"):
        Pipeline.load(saved)


def test_a_stage_with_half_a_character_is_saved(tmp_path):
    pipeline = Pipeline.of(RegexTokenizer(pattern="[\ud800-\udfff]|茶"))
    pipeline.save(tmp_path)
    assert Pipeline.load(tmp_path) == pipeline
    assert "茶" in (tmp_path / "pipeline.json").read_text("utf-8")
