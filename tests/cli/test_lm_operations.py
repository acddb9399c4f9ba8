"""lm-prune and lm-mix as a user runs them: runs, model folders and ARPA files in, one of the two out."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.tasks.language_model.ngram_file import SavedNgram
from textkit.tasks.language_model.ngram_mixing import mix_ngrams
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.text.vocab import Vocab
from textkit_cli.main import main

ONE = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 4
TWO = ["the king saw the queen", "a queen sat on the king", "the cat saw a king", "a dog"] * 3

VOCAB = Vocab(("<unk>", "</s>", "a"), (0, 1, 2), specials=2)
COUNTS = NgramCounts.count(EncodedCorpus.from_sequences([[2, 2, 1]]), order=2, vocab_size=3)


@pytest.fixture
def runs(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, where we are, with the runs `one` and `two` and a text `held.txt`."""
    monkeypatch.chdir(tmp_path)
    for name, lines, order in (("one", ONE, "3"), ("two", TWO, "2")):
        Path(f"{name}.txt").write_text("".join(line + "\n" for line in lines))
        train = ["train-lm", f"{name}.txt", "--smoothing", "witten-bell", "--order", order, "-o", name, "-q"]
        assert main(train) == 0
    Path("held.txt").write_text("the cat saw the king\na dog sat on the queen\n")
    capsys.readouterr()
    return tmp_path


def perplexity(model: str, capsys: pytest.CaptureFixture[str]) -> float:
    assert main(["score", model, "held.txt", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)["perplexity"]
    assert isinstance(value, float)
    return value


@pytest.mark.usefixtures("runs")
def test_pruning_a_run_to_arpa_and_that_to_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lm-prune", "one", "--threshold", "0.003", "-o", "some.arpa.gz"]) == 0
    out, err = capsys.readouterr()
    heading, before, after, kept = (line.split() for line in out.splitlines())
    assert heading == ["1-grams", "2-grams", "3-grams", "all"]
    assert (before[0], after[0], kept[:2]) == ("before", "after", ["kept", "100.0%"])
    assert before[1] == after[1]
    assert int(before[-1]) > int(after[-1]) == sum(map(int, after[1:-1]))
    assert err == "textkit: the model is in some.arpa.gz\n"

    assert main(["lm-prune", "some.arpa.gz", "--threshold", "0.02", "-o", "few", "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result.keys() == {"threshold", "before", "after", "output"}
    assert result["before"] == [int(n) for n in after[1:-1]]
    assert sum(result["after"]) < sum(result["before"])
    assert (result["threshold"], result["output"], err) == (0.02, "few", "")
    assert all(math.isfinite(perplexity(model, capsys)) for model in ("one", "some.arpa.gz", "few"))


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["lm-prune", "m.arpa", "-o", "m.arpa"], "--output m.arpa would replace the input m.arpa"),
        (["lm-mix", "one", "m.arpa", "-o", "./m.arpa"], "--output ./m.arpa would replace the input m.arpa"),
        (
            ["lm-mix", "one", "two", "--tune", "held.gz", "-o", "held.gz"],
            "--output held.gz would replace the input held.gz",
        ),
        (["lm-convert", "m.arpa", "m.arpa"], "OUT m.arpa would replace the input m.arpa"),
        (["score", "m.arpa", "held.txt", "-o", "m.arpa"], "--output m.arpa would replace the input m.arpa"),
        (["generate", "m.arpa", "-o", "m.arpa"], "--output m.arpa would replace the input m.arpa"),
        (["lm-info", "m.arpa", "-o", "m.arpa"], "--output m.arpa would replace the input m.arpa"),
        (
            ["compare", "one", "m.arpa", "--test", "held.txt", "-o", "m.arpa"],
            "--output m.arpa would replace the input m.arpa",
        ),
        (
            ["filter", "--lm", "m.arpa", "--keep", "0.5", "held.txt", "-o", "m.arpa"],
            "--output m.arpa would replace the input m.arpa",
        ),
        (["lm-prune", "one", "-o", "m.arpa.xz"], "packed as .gz only; name it m.arpa.gz"),
    ],
)
def test_outputs_replace_nothing_that_is_read(
    command: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lm-convert", "one", "m.arpa", "-q"]) == 0
    Path("held.gz").write_bytes(gzip.compress(Path("held.txt").read_bytes()))
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("runs")
def test_an_order_that_goes_altogether(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lm-prune", "one", "--threshold", "1e9", "-o", "words"]) == 0
    after, kept = capsys.readouterr().out.splitlines()[-2:]
    assert after.split() == ["after", after.split()[1], after.split()[1]]
    assert kept.split()[:4] == ["kept", "100.0%", "0.0%", "0.0%"]


@pytest.mark.usefixtures("runs")
def test_mixing_with_given_weights_or_equal_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lm-mix", "one", "two", "--weights", "0.75,0.25", "-o", "mix.arpa"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["weight", "1-grams", "2-grams", "3-grams", "all"]
    assert [row[0] for row in rows[1:]] == ["one", "two", "mix.arpa"]
    assert [row[1] for row in rows[1:3]] == ["0.7500", "0.2500"]
    assert err == "textkit: the model is in mix.arpa\n"

    assert main(["lm-mix", "one", "two", "mix.arpa", "-o", "equal", "--json", "-q"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [each["weight"] for each in result["models"]] == pytest.approx([1 / 3] * 3)
    assert result["mix"]["ngrams"] == [int(n) for n in rows[3][1:4]]
    assert result["mix"].keys() == {"model", "ngrams"}


@pytest.mark.usefixtures("runs")
def test_mixing_with_weights_tuned_on_held_out_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lm-mix", "one", "two", "--tune", "held.txt", "-o", "mix", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    weights = [each["weight"] for each in result["models"]]
    assert sum(weights) == pytest.approx(1.0)
    assert min(weights) > 0.05  # either model has words that the other lacks
    for name, each in zip(["one", "two", "mix"], [*result["models"], result["mix"]], strict=True):
        assert each["held_out"]["perplexity"] == pytest.approx(perplexity(name, capsys), rel=1e-6)
    assert result["mix"]["held_out"]["unknown"] == 0
    assert result["mix"]["interpolated_perplexity"] == pytest.approx(perplexity("mix", capsys), rel=0.2)

    shown = f"{weights[0]:.6f},{1 - round(weights[0], 6):.6f}"
    assert main(["lm-mix", "one", "two", "--weights", shown, "-o", "same"]) == 0
    capsys.readouterr()
    assert perplexity("same", capsys) == pytest.approx(perplexity("mix", capsys), rel=1e-4)

    assert main(["lm-mix", "one", "two", "--tune", "held.txt", "-o", "table"]) == 0
    heading = capsys.readouterr().out.splitlines()[0].split()
    assert heading == ["weight", "1-grams", "2-grams", "3-grams", "all", "perplexity", "bits/byte", "unknown"]


@pytest.mark.usefixtures("runs")
def test_a_model_with_another_tokenizer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train-lm", "two.txt", "--unit", "char", "--order", "2", "-o", "chars", "-q"]) == 0
    assert main(["lm-mix", "one", "chars", "-o", "mix"]) == 0
    expected = "textkit: chars has another cleaning or tokenizer than one, whose the mix takes\n"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["lm-prune", "one", "-o", "-"], 2, "name the ARPA file or model folder to write"),
        (["lm-prune", "one", "-o", "no/x.arpa"], 2, "error: no/x.arpa: name a file in a folder"),
        (["lm-prune", "one", "-o", "two"], 1, "two: already exists; remove it or choose another name"),
        (["lm-prune", "one", "--threshold", "-1", "-o", "x"], 2, "the threshold of pruning is 0 or more"),
        (["lm-prune", "none", "-o", "x"], 1, "none: "),
        (["lm-prune", "held.txt", "-o", "x"], 1, "held.txt:"),
        (["lm-mix", "one", "-o", "x"], 2, "mixing takes two models at least, not only one"),
        (["lm-mix", "one", "two", "--weights", "1,x", "-o", "x"], 2, "--weights are numbers with commas"),
        (["lm-mix", "one", "two", "--weights", "1", "-o", "x"], 2, "each of its models: 2, not 1"),
        (["lm-mix", "one", "two", "--weights", "1,1", "-o", "x"], 2, "sum to one, not 1, 1"),
        (["lm-mix", "one", "two", "--weights", "1,0", "--tune", "held.txt", "-o", "x"], 2, "exclude each"),
        (["lm-mix", "one", "two", "--tune", "none.txt", "-o", "x"], 1, "none.txt: "),
        (["lm-mix", "one", "two", "--tune", "empty.txt", "-o", "x"], 1, "empty.txt: is empty"),
    ],
)  # fmt: skip
def test_faults_in_one_line(
    arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.txt").touch()
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert message in err
    assert (out, err.count("\n"), err.startswith("textkit: error: ")) == ("", 1, True)
    assert not Path("x").exists()


def test_the_task_without_models_or_text() -> None:
    model = SavedNgram(WittenBell().estimate(COUNTS, VOCAB), Pipeline.of(WhitespaceTokenizer()))
    with pytest.raises(UsageError, match="mixing takes two models at least, not 1"):
        mix_ngrams([model])
    with pytest.raises(UsageError, match="either given or tuned on held-out text, not both"):
        mix_ngrams([model, model], weights=[0.5, 0.5], held_out=["a"])
    with pytest.raises(InputError, match="there is no held-out text to tune weights on"):
        mix_ngrams([model, model], held_out=[])
    mixed = mix_ngrams([model, model], held_out=["a a"])
    assert mixed.interpolated == pytest.approx(mixed.scores[0].perplexity, rel=1e-5)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", [["lm-prune", "addk"], ["lm-mix", "one", "addk"]])
def test_a_smoothing_without_backoff(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train-lm", "two.txt", "--smoothing", "add-k", "--order", "2", "-o", "addk", "-q"]
    assert main(train) == 0
    assert main([*command, "-o", "x"]) == 2
    err = capsys.readouterr().err
    assert f"a model smoothed by AddK() cannot be {'pruned' if 'lm-prune' in command else 'mixed'}" in err
