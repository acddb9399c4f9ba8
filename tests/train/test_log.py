from __future__ import annotations

import json
from pathlib import Path

import pytest

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
