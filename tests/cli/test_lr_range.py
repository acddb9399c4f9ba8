"""lr-range: rates and losses as rows, a picture, a suggestion, and nothing else left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from textkit_cli.main import main

SMALL = ["--model", "gru", "--embedding", "8", "--batch-size", "4", "--steps", "5"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat\na dog sat on a log\n" * 30)
    return path


def test_losses_fall_and_rise_again_over_the_rates(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "rates.png"
    assert main(["lr-range", str(text), *SMALL, "--tries", "60", "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    rows = [tuple(map(float, line.split("\t"))) for line in out.splitlines()]
    rates, losses = zip(*rows, strict=True)
    assert list(rates) == sorted(rates)
    assert min(losses) < losses[0] - 0.05
    assert losses[-1] > min(losses)
    suggested = float(err.rpartition(" ")[2])
    assert err == f"textkit: try --learning-rate {suggested:.2g}\n"
    assert suggested == pytest.approx(rates[losses.index(min(losses))] / 10, rel=0.05)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rates.png", "text.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "ngram"], "name a network with --model"),
        ([*SMALL, "--lowest", "1", "--highest", "0.1"], "a range test needs 0 < lowest < highest"),
        ([*SMALL, "--plot", "none/rates.png"], "--plot none/rates.png: name a file in a folder that exists"),
        ([*SMALL, "--batch-size", "4000"], "the text is too short"),
    ],
)
def test_what_cannot_work_is_one_line(
    text: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lr-range", str(text), *arguments]) in (1, 2)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


def test_its_settings_are_not_replaced(text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = text.with_name("config.toml")
    config.write_text("learning_rate = 1\n")
    assert main(["lr-range", str(text), "--config", str(config), "-o", str(config)]) == 2
    assert "would replace the input" in capsys.readouterr().err
    assert config.read_text() == "learning_rate = 1\n"
