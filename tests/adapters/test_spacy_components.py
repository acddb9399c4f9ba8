"""Runs as components of a spaCy pipeline: batches, processes, folders, and other runs in their place."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import spacy

import textkit
import textkit.adapters.spacy
from textkit.adapters.runs import run_signature
from textkit.errors import CheckpointError
from textkit.train.checkpoint import RunFolder

TEXTS = ["房间干净，服务很好", "早餐难吃", "", "非常失望"] * 3
TRIPS = ["I go to New York now", "I fly to Oslo", "", "nowhere"]


def pipeline(**components: dict[str, Any]) -> Any:
    nlp = spacy.blank("en")
    for name, config in components.items():
        nlp.add_pipe(name, config=config)
    return nlp


def test_categories_are_the_runs_probabilities(reviews: Path) -> None:
    nlp = pipeline(textkit_classifier={"run": str(reviews)})
    saved = textkit.load(reviews, "classifier")
    expected = [dict(zip(saved.labels, each.probabilities, strict=True)) for each in saved.predict(TEXTS)]
    assert [doc.cats for doc in nlp.pipe(TEXTS, batch_size=5)] == expected
    assert nlp(TEXTS[0]).cats == expected[0]
    assert [doc.cats for doc in nlp.pipe(TEXTS, n_process=2, batch_size=5)] == expected
    doc = nlp.make_doc(TEXTS[0])
    doc.cats = {"other": 0.5}
    assert nlp(doc).cats == {"other": 0.5, **expected[0]}


@pytest.mark.timeout(120)  # threads that a fork lost are waited for without end
def test_a_network_answers_in_forked_processes_too(network: Path) -> None:
    import torch

    nlp = pipeline(textkit_classifier={"run": str(network)})
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        alone = [doc.cats for doc in nlp.pipe(TEXTS * 40)]
        torch.ones(1000, 1000) @ torch.ones(1000, 1000)  # with threads
        together = [doc.cats for doc in nlp.pipe(TEXTS * 40, n_process=2)]
    finally:
        torch.set_num_threads(before)
    assert [list(each) for each in together] == [list(each) for each in alone]
    for one, other in zip(alone, together, strict=True):
        assert other == pytest.approx(one, abs=1e-6)


def test_entities_are_the_spans_of_the_tagger(travel: Path) -> None:
    nlp = pipeline(textkit_tagger={"run": str(travel)})
    docs = list(nlp.pipe(TRIPS))
    found = list(textkit.load(travel, "tagger").tag_lines(TRIPS))
    assert [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs] == [
        [(span.text, span.label) for span in each.spans] for each in found
    ]
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("New York", "goal")]
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "who", "pattern": "I"}, {"label": "city", "pattern": "York"}])
    assert [(ent.text, ent.label_) for ent in nlp(TRIPS[0]).ents] == [("I", "who"), ("New York", "goal")]


def test_spans_have_their_probabilities(travel: Path) -> None:
    nlp = pipeline(textkit_tagger={"run": str(travel), "spans_key": "trips"})
    for processes in (1, 2):
        docs = list(nlp.pipe(TRIPS, n_process=processes))
        groups = [doc.spans["trips"] for doc in docs]
        assert [str(span) for span in groups[0]] == ["New York"]
        expected = [[s.probability for s in each.spans] for each in textkit.load(travel).tag_lines(TRIPS)]
        assert [group.attrs["scores"] for group in groups] == [pytest.approx(each) for each in expected]
        assert not any(doc.ents for doc in docs)


def test_a_span_within_a_word_takes_the_word(travel: Path) -> None:
    nlp = spacy.blank("zh")  # every character a word
    nlp.add_pipe("textkit_tagger", config={"run": str(travel)})
    assert [ent.text for ent in nlp("I go to Oslo")[:].ents] == ["Oslo"]
    glued = spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": "textkit_tokenizer",
        "tokenizer": "regex", "options": {"pattern": r"\S+ now|\S+"}}}})  # fmt: skip
    glued.add_pipe("textkit_tagger", config={"run": str(travel)})
    assert [ent.text for ent in glued("I go to Oslo now").ents] == ["Oslo now"]


def test_folders_hold_path_and_signature_and_refuse_another_run(reviews: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(reviews, mine)
    nlp = pipeline(textkit_classifier={"run": str(mine)})
    expected = nlp(TEXTS[0]).cats
    nlp.to_disk(tmp_path / "nlp")
    stored = json.loads((tmp_path / "nlp" / "textkit_classifier" / "run.json").read_text())
    assert stored == {"run": str(mine), "signature": run_signature(mine)}
    assert not list((tmp_path / "nlp").rglob("*.safetensors"))
    assert spacy.load(tmp_path / "nlp")(TEXTS[0]).cats == expected
    data = nlp.to_bytes()
    assert pipeline(textkit_classifier={"run": str(mine)}).from_bytes(data)(TEXTS[0]).cats == expected
    moved = mine.rename(tmp_path / "moved")
    with pytest.raises(CheckpointError, match="not a textkit run: no such folder"):
        spacy.load(tmp_path / "nlp")
    config = {"components.textkit_classifier.run": str(moved)}
    assert spacy.load(tmp_path / "nlp", config=config)(TEXTS[0]).cats == expected
    from textkit.tasks.classification import ClassifierConfig, LabelledTexts, train

    other = LabelledTexts.of([("好", "pos"), ("坏", "neg")] * 4)
    train(other, ClassifierConfig(preset="fast"), out=mine)
    with pytest.raises(CheckpointError, match="is not the run that was saved"):
        spacy.load(tmp_path / "nlp")
    (tmp_path / "nlp" / "textkit_classifier" / "run.json").write_text("[]")
    with pytest.raises(CheckpointError, match="not saved by textkit"):
        spacy.load(tmp_path / "nlp")


def test_a_run_that_changed_meanwhile_is_refused(reviews: Path, tmp_path: Path) -> None:
    shutil.copytree(reviews, tmp_path / "run")
    nlp = pipeline(textkit_classifier={"run": str(tmp_path / "run")})  # loads it when it is first used
    RunFolder.open(tmp_path / "run").record("thresholds", [0.9, 0.1])
    with pytest.raises(CheckpointError, match="is not the run that was saved"):
        nlp(TEXTS[0])


def test_what_is_wrong_shows_when_a_component_is_made(reviews: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such folder"):
        pipeline(textkit_classifier={"run": str(tmp_path / "none")})
    with pytest.raises(CheckpointError, match="holds a classifier, not a tagger"):
        pipeline(textkit_tagger={"run": str(reviews)})
    with pytest.raises(ValueError, match="run"):
        pipeline(textkit_classifier={})


def test_faults_go_to_the_error_handler(reviews: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = pipeline(textkit_classifier={"run": str(reviews)})
    component = nlp.get_pipe("textkit_classifier")
    work = component.annotate

    def fail(docs: list[Any]) -> None:
        if any(doc.text == "" for doc in docs):
            raise ValueError("empty")
        work(docs)

    monkeypatch.setattr(component, "annotate", fail)
    with pytest.raises(ValueError, match="empty"):
        list(nlp.pipe(TEXTS, batch_size=1))
    seen: list[str] = []
    nlp.set_error_handler(lambda name, _component, docs, error: seen.append(f"{name}: {len(docs)}: {error}"))
    assert len(list(nlp.pipe(TEXTS, batch_size=1))) == 9
    assert seen == ["textkit_classifier: 1: empty"] * 3


def test_copies_take_the_path_alone(reviews: Path) -> None:
    component = pipeline(textkit_classifier={"run": str(reviews)}).get_pipe("textkit_classifier")
    component.run.model  # noqa: B018 - loads it
    data = pickle.dumps(component.run)
    assert len(data) < 1000
    assert pickle.loads(data).model.labels == component.run.model.labels
