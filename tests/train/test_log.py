from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from textkit.errors import CheckpointError, TextkitError
from textkit.train.log import Log, draw_curve


def records(steps: int) -> list[dict[str, float]]:
    return [{"step": s, "perplexity": 100.0 / s, "seconds": s} for s in range(1, steps + 1)]


def test_rewinding_forgets_what_came_later(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    assert log.records() == []
    for record in records(5):
        log.write(record)
    log.rewind(3)
    assert log.records() == records(3)


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    for record in records(2):
        log.write(record)
    with log.path.open("a") as file:
        file.write('{"step": 3, "perp')
    assert log.records() == records(2)


def test_the_curve_is_a_picture_even_of_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    draw_curve(log, tmp_path / "empty.png")
    for record in records(5):
        log.write(record)
    log.write({"step": 5, "valid_perplexity": 30.0})
    draw_curve(log, tmp_path / "curve.png")
    for name in ("empty.png", "curve.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "empty.png").read_bytes() != (tmp_path / "curve.png").read_bytes()


@pytest.mark.parametrize("count", [1, 3, 301, 2000])
def test_curves_of_few_and_of_many_records_are_drawn(tmp_path: Path, count: int) -> None:
    log = Log(tmp_path / "log.jsonl")
    more = [r | {"learning_rate": 1 - r["step"] / count, "gradient_norm": 0.5} for r in records(count)]
    log.path.write_text("".join(json.dumps(record) + "\n" for record in more))
    draw_curve(log, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("line", ["[1]", "3", "{", '{"loss": 1}', '{"step": "1"}', "[" * 100000, "\xff"])
def test_a_record_that_is_no_object_of_numbers_is_refused(tmp_path: Path, line: str) -> None:
    log = Log(tmp_path / "log.jsonl")
    log.write({"step": 1})
    with log.path.open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    with pytest.raises(CheckpointError, match=r"log.jsonl:2: damaged: not a JSON object of numbers"):
        log.records()


@pytest.mark.parametrize("values", [(math.inf, 1e300), (1e304, 1.7e308), (5e-324, 1e-300), (math.nan, 2.0)])
def test_the_curve_of_huge_and_tiny_numbers_is_drawn_without_warnings(
    tmp_path: Path, values: tuple[float, float]
) -> None:
    log = Log(tmp_path / "log.jsonl")
    for step, value in enumerate((*values, 3.0), 1):
        names = ("perplexity", "valid_perplexity", "learning_rate", "gradient_norm")
        log.write({"step": step, **dict.fromkeys(names, value)})
    draw_curve(log, tmp_path / "curve.png")  # the tests make errors of warnings
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(TextkitError, match=r"log.jsonl: cannot be written: no such file"):
        Log(tmp_path / "gone" / "log.jsonl").write({"step": 1})


@pytest.mark.filterwarnings("ignore::Warning")
def test_tensorboard_gets_every_number(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = Log(tmp_path / "log.jsonl", events=tmp_path / "events")
    for record in records(4):
        log.write(record)
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("perplexity")] == [
        (s, pytest.approx(100.0 / s)) for s in range(1, 5)
    ]
