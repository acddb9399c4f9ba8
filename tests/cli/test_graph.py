"""`textkit graph`: drawings and ONNX files of the networks of runs."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]


def test_a_drawing_goes_to_a_file_or_to_standard_output(
    textkit: Run, make_translator: Callable[..., Path], tmp_path: Path
) -> None:
    run = make_translator(tmp_path / "run")
    ran = textkit("graph", run)
    assert ran.status == 0, ran.err
    assert ET.fromstring(ran.out).tag.endswith("svg")
    assert textkit("graph", run, "-o", tmp_path / "run.svg").status == 0
    assert (tmp_path / "run.svg").read_text() == ran.out
    deeper = textkit("graph", run, "--depth", 2)
    assert deeper.out.count('class="box"') > ran.out.count('class="box"')


def test_what_cannot_be_is_said(textkit: Run, make_translator: Callable[..., Path], tmp_path: Path) -> None:
    run = make_translator(tmp_path / "run")
    for arguments, says, status in (
        ((run, "-o", tmp_path / "no" / "x.svg"), "name a file in a folder that exists", 2),
        ((run, "-o", tmp_path / "x.onnx", "--depth", 2), "--depth is for drawings", 2),
        ((run, "-o", tmp_path / "x.onnx"), "use textkit nmt-convert", 2),
        ((run, "-o", tmp_path / "x.png"), "end the name in .svg or .onnx", 2),
        ((tmp_path / "none",), "not a textkit run", 1),
    ):
        ran = textkit("graph", *arguments)
        assert (ran.status, says in ran.err) == (status, True), ran.err
    (tmp_path / "train.tsv").write_text("label\ttext\npos\ta kind day\nneg\ta cold day\n")
    linear = ("train-classifier", tmp_path / "train.tsv", "-o", tmp_path / "linear", "-q", "--min-df", 1)
    assert textkit(*linear).status == 0
    assert "the preset 'linear' is fitted without a network" in textkit("graph", tmp_path / "linear").err


@pytest.mark.slow
def test_onnx_files_give_the_answers_of_taggers_and_classifiers(textkit: Run, tmp_path: Path) -> None:
    import textkit as library

    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    words = [("to", "O"), ("Oslo", "B-city"), ("and", "O"), ("Rome", "B-city"), ("today", "O")]
    sentence = {"tokens": [word for word, _ in words], "tags": [tag for _, tag in words]}
    (tmp_path / "tagged.jsonl").write_text(f"{json.dumps(sentence)}\n" * 12)
    small = ("--dev", tmp_path / "tagged.jsonl", "-q", "--epochs", 1, "--hidden", 6, "--embedding", 5)
    made = textkit("train-tagger", tmp_path / "tagged.jsonl", "-o", tmp_path / "tagger", *small)
    assert made.status == 0, made.err
    ran = textkit("graph", tmp_path / "tagger", "-o", tmp_path / "tagger.onnx")
    assert ran.status == 0, ran.err
    session = runtime.InferenceSession(tmp_path / "tagger.onnx", providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    assert set(json.loads(said["tags"])) == {"O", "B-city"}
    tagger = library.load(tmp_path / "tagger", "tagger")
    chain = tagger.network.chain.chain()
    assert np.allclose(json.loads(said["step"]), chain.step.detach().numpy())

    (tmp_path / "train.tsv").write_text("label\ttext\n" + "pos\ta kind day\nneg\ta cold day\n" * 12)
    small = ("--preset", "bigru", "--epochs", 1, "--hidden", 6, "--embedding", 5, "--min-count", 1)
    train = tmp_path / "train.tsv"
    made = textkit("train-classifier", train, "--dev", train, "-o", tmp_path / "bigru", "-q", *small)
    assert made.status == 0, made.err
    ran = textkit("graph", tmp_path / "bigru", "-o", tmp_path / "bigru.onnx")
    assert ran.status == 0, ran.err
    session = runtime.InferenceSession(tmp_path / "bigru.onnx", providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    classifier = library.load(tmp_path / "bigru", "classifier")
    ids, lengths = classifier.classifier.encode(["a kind day", "cold"])  # type: ignore[attr-defined]
    (logits,) = session.run(None, {"ids": ids.numpy(), "lengths": lengths.numpy()})
    likely = np.exp(float(said["slope"]) * logits + json.loads(said["biases"]))
    likely /= likely.sum(1, keepdims=True)
    likely = (1 - float(said["noise"])) * likely + float(said["noise"]) / likely.shape[1]
    assert json.loads(said["labels"]) == list(classifier.labels)
    assert np.allclose(likely, classifier.probabilities(["a kind day", "cold"]), atol=1e-5)
