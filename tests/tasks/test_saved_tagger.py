"""A trained tagger: what it has learnt, its tags, their probabilities, and damaged runs."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

import textkit
from textkit.data.spans import span_report, spans_of
from textkit.errors import CheckpointError, InputError
from textkit.tasks import tagging
from textkit.tasks.tagging import MostFrequentTag, SavedTagger, load_tagger
from textkit.tasks.tagging.learning import PathLoss, make_batches, mean_loss
from textkit.tasks.tagging.spellings import Spellings
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.manifest import to_text

from .journey_sentences import config, sentences

NEW_CITIES = ["Zug", "Ulan Bator", "Perth"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tagging") / "run"
    tagging.train(sentences(160, seed=1), config(), out=path, dev=sentences(40, seed=2))
    return path


@pytest.fixture(scope="module")
def tagger(run: Path) -> SavedTagger:
    return load_tagger(run)


def test_it_learns_also_of_words_that_it_never_saw(run: Path, tagger: SavedTagger) -> None:
    assert tagger.evaluate(sentences(60, seed=3)).micro.f1 > 0.95
    assert tagger.evaluate(sentences(60, seed=4, cities=NEW_CITIES)).micro.f1 > 0.6
    results = RunFolder.open(run).document["results"]
    assert list(results) == ["dev"]
    assert results["dev"]["f1"] > 0.95
    assert results["dev"]["sentences"] == 40


def test_it_beats_the_most_frequent_tag_of_each_word(tagger: SavedTagger) -> None:
    baseline, test = MostFrequentTag.of(sentences(160, seed=1)), sentences(60, seed=3)
    simple = span_report((each.tags for each in test), (baseline.tag(each.tokens) for each in test))
    assert simple.micro.f1 < 0.8 < tagger.evaluate(test).micro.f1
    assert baseline.tag(["to", "Zug", "FLY"]) == ["O", "O", "O"]


def test_the_library_loads_what_the_run_holds(run: Path) -> None:
    assert isinstance(textkit.load(run), SavedTagger)


def test_one_string_is_no_list_of_lines(tagger: SavedTagger) -> None:
    with pytest.raises(InputError, match="lines must be a list of strings, not one string: put it into a"):
        tagger.tag_lines("to Oslo")


def test_a_validation_is_the_same_however_many_went_before(tagger: SavedTagger) -> None:
    alike = [each for each in sentences(2000, seed=7) if len(each.tokens) == 4][:300]
    assert len(alike) == 300
    spellings = Spellings.of(
        (each.tokens for each in alike), vocab=tagger.inventory.words, letters=tagger.inventory.letters
    )
    batches = make_batches(alike, spellings, tagger.inventory, batch_size=128)
    objective = PathLoss(tagger.network, spellings)
    losses = {mean_loss(objective, batches) for _ in range(4)}
    assert len(losses) == 1


def test_lines_are_tagged_where_they_stand(tagger: SavedTagger) -> None:
    line = "  I go   to New York from\tOslo "
    empty, tagged, blank = tagger.tag_lines(["", line, " \u3000 "])
    assert (empty.tokens, empty.tags, empty.spans, blank.tokens) == ((), (), (), ())
    assert tagged.tokens == ("I", "go", "to", "New", "York", "from", "Oslo")
    assert tagged.places is not None
    assert [line[start:end] for start, end in tagged.places] == list(tagged.tokens)
    assert tagged.tags == ("O", "O", "O", "B-goal", "I-goal", "O", "B-begin")
    assert [span[:4] for span in tagged.spans] == [(3, 5, "goal", "New York"), (6, 7, "begin", "Oslo")]
    assert all(0.5 < span.probability <= 1 for span in tagged.spans)


def test_cleaning_moves_no_offsets(tmp_path: Path) -> None:
    settings = config(clean="web", epochs=1)
    tagging.train(sentences(30, seed=1), settings, out=tmp_path / "run")
    line = "<p>I go to Z&uuml;rich</p> http://a.cn now"
    (tagged,) = load_tagger(tmp_path / "run").tag_lines([line])
    assert tagged.tokens == ("I", "go", "to", "Zürich", "now")
    assert tagged.places is not None
    assert line[slice(*tagged.places[3])] == "Z&uuml;rich"
    assert line[slice(*tagged.places[4])] == "now"


def test_however_many_sentences_come_the_result_is_that_of_each_alone(tagger: SavedTagger) -> None:
    given = [each.tokens for each in sentences(100, seed=5)] + [(), ("Oslo",)]
    together = list(tagger.tag_tokens(given))
    for tokens, tagged in zip(given, together, strict=True):
        (alone,) = tagger.tag_tokens([tokens])
        assert (alone.tokens, alone.tags) == (tagged.tokens, tagged.tags) == (tokens, tagged.tags)
        assert tagged.places is None
        for ours, theirs in zip(alone.spans, tagged.spans, strict=True):
            assert ours[:4] == theirs[:4]
            assert ours.probability == pytest.approx(theirs.probability, abs=1e-5)


def test_a_spans_probability_is_that_of_all_paths_that_have_it(tagger: SavedTagger) -> None:
    """Every path written out; of a tagger that knows little, so that no probability is near 0 or 1."""
    tokens = ("to", "New", "York", "from")
    torch.manual_seed(0)
    for weight in tagger.network.parameters():
        weight.data.copy_(weight.data * 0.5)
    try:
        (tagged,) = tagger.tag_tokens([tokens])
        inventory, network = tagger.inventory, tagger.network
        spellings = Spellings.of([tokens], vocab=inventory.words, letters=inventory.letters)
        rows = spellings.tensors(np.arange(4)[None], np.array([4]))
        tags, chain, mass, total = inventory.tags.tokens, network.chain, defaultdict(float), 0.0
        with torch.no_grad():
            scores = network(rows)
        for path in itertools.product(range(len(tags)), repeat=4):
            likelihood = math.exp(chain.log_likelihood(scores, rows.lengths, torch.tensor([path])).item())
            total += likelihood
            for span in spans_of([tags[tag] for tag in path]):
                mass[span] += likelihood
        assert total == pytest.approx(1, abs=1e-4)
        for span in tagged.spans:
            assert span.probability == pytest.approx(mass[span[:3]], abs=1e-4)
        assert tagged.spans
    finally:
        for weight in tagger.network.parameters():
            weight.data.copy_(weight.data * 2)


def test_constrained_tags_obey_the_rules_however_bad_the_tagger(tmp_path: Path) -> None:
    out = tmp_path / "run"
    tagging.train(sentences(40, seed=1), config(epochs=1, output_layer="softmax"), out=out)
    noise = load_tagger(out)
    torch.manual_seed(0)
    for weight in noise.network.parameters():
        torch.nn.init.normal_(weight, std=3)
    for tagged in noise.tag_tokens([each.tokens for each in sentences(50, seed=6)]):
        for before, tag in itertools.pairwise(("O", *tagged.tags)):
            assert not tag.startswith("I-") or before[2:] == tag[2:]


def test_a_run_of_another_kind_or_a_damaged_one_is_refused(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(to_text(document | {"kind": "lstm"}))
    with pytest.raises(
        CheckpointError,
        match=r"holds a language model \(lstm\), not a tagger; train one with textkit train-tagger",
    ):
        load_tagger(tmp_path / "run")
    manifest.write_text(json.dumps(document))
    (tmp_path / "run" / "tags.txt").write_text("O\n")
    with pytest.raises(CheckpointError, match=r"tags.txt: damaged: checksum differs"):
        load_tagger(tmp_path / "run")


def test_scores_that_are_no_numbers_are_no_tags(run: Path) -> None:
    tagger = load_tagger(run)
    with torch.no_grad():
        next(tagger.network.parameters()).fill_(float("nan"))
    with pytest.raises(CheckpointError, match=r"no numbers .NaN.: its weights are damaged"):
        list(tagger.tag_lines(["to Oslo"]))


def test_settings_and_tags_of_another_version_are_named(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    document = json.loads(manifest.read_text())
    Vocab.build([["O", "S-city"]], specials=(), unknown=None).save(tmp_path / "tags.txt")
    for name, data, message in (
        ("tags.txt", (tmp_path / "tags.txt").read_bytes(), r"tags.txt: damaged: a tag is O"),
        ("config.toml", b"new_setting = 1\n", r"config.toml: damaged, or of another version.*'new_setting'"),
    ):
        (tmp_path / "run" / name).write_bytes(data)
        document["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        manifest.write_text(to_text(document))
        with pytest.raises(CheckpointError, match=message):
            load_tagger(tmp_path / "run")
