"""An output written block by block, as several tests need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from textkit_corpora import partial
from textkit_corpora.sinks import open_sink

Run = Callable[..., None]


@pytest.fixture(autouse=True)
def keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is unfinished is kept, though tests work no second on it."""
    monkeypatch.setattr(partial, "WORTH_KEEPING", 0)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """An input file."""
    path = tmp_path / "source.txt"
    path.write_text("raw\n")
    return str(path)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output file, alone in its folder, not there yet."""
    (tmp_path / "o").mkdir()
    return tmp_path / "o" / "out.txt"


@pytest.fixture
def run() -> Run:
    """Writes blocks to a sink, as if Ctrl-C came after `stop_after` of them."""

    def write(
        out: Path,
        inputs: Sequence[str],
        *,
        blocks: Sequence[bytes] = (b"one\n", b"two\n", b"three\n"),
        stop_after: int | None = None,
        resume: bool = False,
        signature: str = "settings",
        head: bytes = b"",
    ) -> None:
        with open_sink(str(out), signature=signature, resume=resume, head=head, inputs=inputs) as sink:
            for number, block in enumerate(blocks):
                if number == stop_after:
                    raise KeyboardInterrupt
                if number >= sink.done:
                    sink.write(block)

    return write
