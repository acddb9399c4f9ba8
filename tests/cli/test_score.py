"""`textkit score`: files, lines and tokens."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks.language_model import LanguageModelConfig, load_model, train
from textkit_corpora.blocks import Block
from textkit_corpora.blocks import read_blocks as all_blocks

Textkit = Callable[..., Any]

TRAIN = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 4
TEXT = ["the cat saw a zebra", "", "ein Hund sat", "a dog 中文 sat on the mat", "the the"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm") / "run"
    config = LanguageModelConfig(model="ngram", order=3, tokenizer="whitespace")
    train(TRAIN, config, out=folder)
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm") / "network"
    config = LanguageModelConfig(
        model="gru", epochs=1, embedding=4, hidden=4, batch_size=2, steps=5, tokenizer="whitespace"
    )
    train(TRAIN, config, out=folder)
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{line}\n" for line in TEXT))
    return path


def in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a block, as if the text were megabytes."""

    def small(files: Any, **options: Any) -> Any:
        blocks: list[Block] = list(all_blocks(files, **options))
        return iter([block.part(i, i + 1) for block in blocks for i in range(len(block))])

    monkeypatch.setattr("textkit_cli.commands.score.read_blocks", small)


@pytest.mark.parametrize(
    "option", [[], ["--json"], ["--per-line"], ["--per-token"], ["--per-token", "--json"]]
)
@pytest.mark.parametrize("model", ["run", "network"])
@pytest.mark.parametrize("context", ["line", "stream"])
def test_blocks_make_no_difference(
    textkit: Textkit,
    option: list[str],
    model: str,
    context: str,
    text: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if model == "run" and context == "stream":
        pytest.skip("n-gram models see one line at a time")
    folder = request.getfixturevalue(model)
    arguments = ["score", folder, text, text, "--context", context, *option]
    whole = textkit(*arguments)
    in_small_blocks(monkeypatch)
    again = textkit(*arguments)
    assert (whole.status, again.status, whole.err, again.err) == (0, 0, "", "")
    numbers = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
    assert numbers.sub("#", again.out) == numbers.sub("#", whole.out)
    mine, its = (list(map(float, numbers.findall(ran.out))) for ran in (again, whole))
    assert mine == pytest.approx(its, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("batched", [False, True])
def test_batches_make_no_difference(
    textkit: Textkit, run: Path, text: Path, batched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textkit_cli.tokenizing.Tokenizing.pays", lambda _self, _size: batched)
    saved = load_model(run)
    result = json.loads(textkit("score", run, text, "--json").out)
    assert result == pytest.approx(saved.score(TEXT).as_dict())
    rows = textkit("score", run, text, "--per-line", "--json").out.splitlines()
    for row, expected in zip(rows, saved.score_lines(TEXT), strict=True):
        assert json.loads(row) == pytest.approx(expected.as_dict(), nan_ok=True)
        assert list(json.loads(row)) == list(expected.as_dict())
    rows = textkit("score", run, text, "--per-token").out.splitlines()
    assert [row.count("\t") for row in rows] == [len(line.split()) + 1 for line in TEXT]


def test_the_switch_to_batches_in_the_middle_of_standard_input(
    textkit: Textkit, run: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_blocks(monkeypatch)
    monkeypatch.setattr("textkit.text.tokenizers.whitespace.WhitespaceTokenizer.batch_pays", 20)
    ran = textkit("score", run, "--json", stdin=text.read_bytes())
    assert json.loads(ran.out) == pytest.approx(load_model(run).score(TEXT).as_dict())


def test_each_file_has_a_row_and_all_together_the_last(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    a, b = tmp_path / "a.txt", tmp_path / "b.jsonl"
    a.write_text("the cat sat\n")
    b.write_text('{"text": "a zebra"}\n{"text": "the dog"}\n')
    ran = textkit("score", run, a, b, "-", stdin="on a mat\n")
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    assert [row[0] for row in rows] == [str(a), str(b), "standard", "total"]
    assert rows[-1][5] == str(4 + 6 + 4)
    result = json.loads(textkit("score", run, a, b, a, "--json").out)
    saved = load_model(run)
    assert [file.pop("file") for file in result["files"]] == [str(a), str(b), f"{a} (3)"]
    for file, lines in zip(result.pop("files"), (["the cat sat"], ["a zebra", "the dog"]), strict=False):
        assert file == pytest.approx(saved.score(lines).as_dict())
    lines = ["the cat sat", "a zebra", "the dog", "the cat sat"]
    assert result == pytest.approx(saved.score(lines).as_dict())


def test_a_file_called_total_keeps_its_row(
    textkit: Textkit, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("total").write_text("the cat sat\n")
    Path("other").write_text("a dog sat on a log\n")
    ran = textkit("score", run, "total", "other")
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    assert [row[0] for row in rows] == ["total", "other", "total"]
    assert [row[5] for row in rows] == ["4", "7", "11"]
    result = json.loads(textkit("score", run, "total", "other", "--json").out)
    assert [(each["file"], each["tokens"]) for each in result["files"]] == [("total", 4), ("other", 7)]
    assert result["tokens"] == 11
    assert "files" not in json.loads(textkit("score", run, "total", "--json").out)
    assert [line.split()[4] for line in textkit("score", run, "total").out.splitlines()[1:]] == ["4"]


def test_tokens_as_kenlm_prints_them(textkit: Textkit, run: Path, text: Path, tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm")
    arpa = tmp_path / "m.arpa"
    load_model(run).write_arpa(arpa)
    peer = kenlm.Model(str(arpa))
    for model in (run, arpa):
        rows = textkit("score", model, text, "--per-token").out.splitlines()
        for row, line in zip(rows, TEXT, strict=True):
            *tokens, total = row.split("\t")
            expected = list(peer.full_scores(line))
            words = [*line.split(), "</s>"]
            assert [token.split("=")[0] for token in tokens] == words
            logs = [float(token.split(" ")[2]) for token in tokens]
            assert logs == pytest.approx([log for log, _, _ in expected], abs=1e-6)
            assert [int(token.split(" ")[1]) for token in tokens] == [length for _, length, _ in expected]
            oov = sum(unknown for _, _, unknown in expected)
            match = re.fullmatch(r"Total: (\S+) OOV: (\d+)", total)
            assert match is not None
            assert (float(match[1]), int(match[2])) == (pytest.approx(peer.score(line), abs=1e-5), oov)
    result = json.loads(textkit("score", run, text, "--json").out)
    scored = [entry for line in TEXT for entry in peer.full_scores(line)]
    known = [log for log, _, unknown in scored if not unknown]
    assert result["perplexity"] == pytest.approx(
        10 ** -(sum(log for log, _, _ in scored) / len(scored)), rel=1e-6
    )
    assert result["perplexity_known"] == pytest.approx(10 ** -(sum(known) / len(known)), rel=1e-6)
    assert (result["tokens"], result["unknown"]) == (len(scored), len(scored) - len(known))


def test_tokens_as_json(textkit: Textkit, run: Path, network: Path, text: Path) -> None:
    for model in (run, network):
        rows = [
            json.loads(row) for row in textkit("score", model, text, "--per-token", "--json").out.splitlines()
        ]
        assert [row["tokens"] for row in rows] == [[*line.split(), "</s>"] for line in TEXT]
        plain = textkit("score", model, text, "--per-token").out.splitlines()
        for row, its in zip(rows, plain, strict=True):
            name = "log10_prob" if model == run else "log_prob"
            assert ("lengths" in row) == (model == run)
            assert row[name] == pytest.approx(sum(row[f"{name}s"]), abs=1e-6)
            assert its.endswith(f"\tTotal: {row[name]:.8g} OOV: {row['unknown']}")
            assert its.startswith(f"{row['tokens'][0]}={row['ids'][0]} ")


def test_odd_tokens_stay_in_their_columns(textkit: Textkit, tmp_path: Path) -> None:
    config = LanguageModelConfig(model="ngram", order=2, unit="char")
    train(["a\tb", "b a"], config, out=tmp_path / "run")
    ran = textkit("score", tmp_path / "run", "--per-token", stdin="a\t b\n")
    tokens = ran.out.split("\t")
    assert [token.split("=")[0] for token in tokens[:-1]] == ["a", "\\t", " ", "b", "</s>"]


def test_probability_zero(textkit: Textkit, tmp_path: Path) -> None:
    train(["a b"], LanguageModelConfig(model="ngram", order=2, smoothing="mle"), out=tmp_path / "run")
    ran = textkit("score", tmp_path / "run", "--per-token", "--json", stdin="b a\n")
    assert json.loads(ran.out)["log10_prob"] is None
    assert "Total: -inf OOV: 0" in textkit("score", tmp_path / "run", "--per-token", stdin="b a\n").out
    row = textkit("score", tmp_path / "run", "--per-line", stdin="b a\n").out.split("\t")
    assert (float(row[0]), float(row[3])) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        (["--per-line", "--per-token"], "--per-line and --per-token exclude each other", 2),
        (["--context", "page"], "unknown context 'page'", 2),
        (["--context", "stream"], "an n-gram model sees one line at a time", 2),
        (["none.txt"], "none.txt: no such file", 1),
        ([], "there is no text to score", 1),
    ],
)
def test_bad_requests_are_one_line(
    textkit: Textkit, run: Path, arguments: list[str], message: str, status: int
) -> None:
    ran = textkit("score", run, *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert len(ran.err.splitlines()) == 1
    assert message in ran.err


def test_bad_text_is_named_by_file_and_line(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"ok\n\xff\n")
    ran = textkit("score", run, tmp_path / "t.txt", "-o", tmp_path / "out")
    assert ran.status == 1
    assert f"{tmp_path / 't.txt'}:2: not valid UTF-8" in ran.err
    assert not (tmp_path / "out").exists()
    assert textkit("score", run, tmp_path / "t.txt", "--errors", "replace").status == 0


@pytest.mark.data
def test_real_text_as_kenlm_scores_it(textkit: Textkit, tmp_path: Path) -> None:
    folder = os.environ.get("TEXTKIT_DATA")
    if folder is None:
        pytest.skip("TEXTKIT_DATA is not set: no real data")
    kenlm = pytest.importorskip("kenlm")
    lines = Path(folder, "sentiment", "waimai", "dev.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    reviews = [line.split("\t")[-1] for line in lines]
    cut = len(reviews) // 2
    config = LanguageModelConfig(model="ngram", order=5, unit="char", clean="zh")
    train(reviews[:cut], config, out=tmp_path / "run")
    saved = load_model(tmp_path / "run")
    saved.write_arpa(tmp_path / "m.arpa")
    peer = kenlm.Model(str(tmp_path / "m.arpa"))
    held = "".join(f"{review}\n" for review in reviews[cut:])
    ran = textkit("score", tmp_path / "run", "--per-token", "--json", stdin=held)
    for row in map(json.loads, ran.out.splitlines()):
        if any(token.isspace() for token in row["tokens"]):
            continue  # which KenLM cannot read
        expected = list(peer.full_scores(" ".join(row["tokens"][:-1])))
        assert row["log10_probs"] == pytest.approx([log for log, _, _ in expected], abs=2e-6)
        assert row["lengths"] == [length for _, length, _ in expected]


def test_another_tokenizer_for_a_model_that_came_without(textkit: Textkit, tmp_path: Path) -> None:
    train(
        ["你好吗", "我很好"] * 3,
        LanguageModelConfig(model="ngram", order=2, unit="char"),
        out=tmp_path / "run",
    )
    arpa = tmp_path / "m.arpa"
    load_model(tmp_path / "run").write_arpa(arpa)
    text = "你好\n他很好\n"
    ran = textkit("score", arpa, stdin=text)
    assert "100% of the words are unknown to the model; is the text tokenized as its own was?" in ran.err
    assert textkit("score", arpa, "-q", stdin=text).err == ""
    ran = textkit("score", arpa, "--tokenizer", "characters", stdin=text)
    assert (ran.err, ran.out) == ("", textkit("score", tmp_path / "run", stdin=text).out)
    ran = textkit("score", arpa, "-t", "keep_space=true", stdin=text)
    assert (ran.status, "--tokenizer-option needs --tokenizer" in ran.err) == (2, True)
