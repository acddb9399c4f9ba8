"""`textkit generate` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import END, language_model_vocab
from textkit.lm.ngram.folder import save_ngram
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.tasks.language_model import generation

LINES = ["the cat sat on the mat", "the dog sat", "a cat saw the dog on a mat", "the cat saw"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = [line.split() for line in LINES]
    vocab = language_model_vocab(Counter(word for line in words for word in line))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), vocab.id(END)] for line in words)
    path = tmp_path_factory.mktemp("model") / "folder"
    save_ngram(WittenBell().estimate(NgramCounts.count(corpus, order=3, vocab_size=len(vocab)), vocab), path)
    return path


def test_streamed_or_not_drawn_plainly_or_not(folder: Path, textkit) -> None:
    for options in ((), ("--top-k", 5), ("--repetition-penalty", 1.2), ("--stop", "sat")):
        said = textkit("generate", folder, "--prompt", "the", "--seed", 3, *options)
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith("the")
        assert textkit("generate", folder, "--prompt", "the", "--seed", 3, "--stream", *options) == said


def test_json_has_tokens_and_their_probability(folder: Path, textkit) -> None:
    said = textkit("generate", folder, "--json", "--length", 5, "--samples", 2, "--prompt", "the")
    for line in said.out.splitlines():
        result = json.loads(line)
        assert list(result) == ["text", "tokens", "log_prob"]
        assert len(result["tokens"]) == 5
        assert result["log_prob"] < 0
    beam = textkit("generate", folder, "--json", "--length", 5, "--beam", 50, "--prompt", "the")
    assert json.loads(beam.out)["log_prob"] >= result["log_prob"] - 1e-4


def test_beams_give_different_texts_best_first(folder: Path, textkit) -> None:
    said = textkit("generate", folder, "--beam", 4, "--samples", 3, "--one-line", "--prompt", "the cat")
    texts = said.out.splitlines()
    assert len(set(texts)) == 3
    assert all(text.startswith("the cat") for text in texts)
    longer = textkit(
        "generate", folder, "--beam", 4, "--length-penalty", 3, "--one-line", "--prompt", "the cat"
    )
    assert len(longer.out) > len(texts[0])


def test_prompts_from_standard_input(folder: Path, textkit) -> None:
    said = textkit("generate", folder, "--prompt", "-", stdin="the dog sat\nthe cat\n")
    assert said.out.startswith("the dog sat\nthe cat ")
    assert said == textkit("generate", folder, "--prompt", "the dog sat\nthe cat")
    bad = textkit("generate", folder, "--prompt", "-", stdin=b"\xff\n")
    assert (bad.status, bad.out) == (1, "")
    assert "standard input" in bad.err


def test_text_ends_before_the_first_stop(folder: Path, textkit) -> None:
    plain = textkit("generate", folder, "--length", 60, "--seed", 5).out
    said = textkit("generate", folder, "--length", 60, "--seed", 5, "--stop", "t on", "--stop", "dog s").out
    found = [place for stop in ("t on", "dog s") if (place := plain.find(stop)) >= 0]
    assert found
    assert said == plain[: min(found)] + "\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--beam", "2", "--top-k", "3"], "a beam draws nothing: temperature, top-k and top-p do not go"),
        (["--beam", "2", "--samples", "3"], "a beam of 2 gives at most as many texts, not 3"),
        (["--length-penalty", "1"], "a length penalty ranks the texts of a beam"),
        (["--stop", ""], "a stop string must not be empty"),
        (["--repetition-penalty", "0"], "a repetition penalty must be a positive number, not 0.0"),
        (["--stream", "--samples", "2"], "--stream prints one text as it is drawn"),
        (["--stream", "--json"], "--stream prints one text as it is drawn"),
        (["--stream", "--beam", "2"], "--stream prints one text as it is drawn"),
        (["--stream", "-o", "x"], "--stream prints one text as it is drawn"),
        (["--top-p", "1.5"], "top-p must lie in (0, 1], not 1.5"),
    ],
)
def test_what_does_not_go_together(folder: Path, textkit, options: list[str], message: str) -> None:
    said = textkit("generate", folder, *options)
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert message in said.err


def test_ctrl_c_ends_a_stream_quietly(folder: Path, textkit, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[str]:
        yield "the"
        yield " cat"
        raise KeyboardInterrupt

    monkeypatch.setattr(generation, "stream", interrupted)
    assert textkit("generate", folder, "--stream") == (130, "the cat\n", "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_a_terminal_shows_text_as_it_comes(folder: Path, textkit) -> None:
    """The text arrives with its prompt first, in pieces, and is that of a pipe."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "textkit_cli", "generate", str(folder), "--prompt", "the", "--seed", "1"]
    process = subprocess.Popen(command, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    data = b""
    try:
        while chunk := os.read(ours, 4096):
            data += chunk
    except OSError:  # Linux tells the end of a terminal so
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    piped = textkit("generate", folder, "--prompt", "the", "--seed", 1).out
    assert data.decode().replace("\r\n", "\n") == piped
