"""`textkit nmt-convert` as a user runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ctranslate2")


def test_a_translator_is_converted(tmp_path: Path, textkit, make_translator: Any) -> None:
    run = make_translator(tmp_path / "run")
    (tmp_path / "text").write_text("der hund sah die katze\neine katze lief\n\nder hund\n")
    said = textkit("nmt-convert", run, tmp_path / "model", "--check", tmp_path / "text")
    assert (said.status, said.out) == (0, "")
    assert "3 of 3 translations are the same" in said.err
    small = tmp_path / "small"
    said = textkit(
        "nmt-convert",
        run,
        small,
        "--check",
        tmp_path / "text",
        "--quantization",
        "int8",
        "--sentences",
        1,
        "-q",
    )
    assert (said.status, said.err) == (0, "")
    assert (small / "model.bin").stat().st_size < (tmp_path / "model" / "model.bin").stat().st_size


def test_what_is_refused(tmp_path: Path, textkit, make_translator: Any) -> None:
    run = make_translator(tmp_path / "gru", "gru")
    (tmp_path / "text").write_text("der hund\n")
    for arguments, status, message in (
        ((run, tmp_path / "m", "--check", tmp_path / "text"), 2, "CTranslate2 has no recurrent layers"),
        ((run, run), 1, "already exists"),
        ((run, tmp_path / "m", "--quantization", "int9"), 2, "unknown quantization 'int9'"),
        ((run, tmp_path / "m", "--check", tmp_path / "none"), 1, "no such file"),
        ((tmp_path / "none", tmp_path / "m"), 1, "not a textkit run"),
    ):
        said = textkit("nmt-convert", *arguments)
        assert (said.status, said.out, said.err.count("\n")) == (status, "", 1)
        assert message in said.err
    assert not (tmp_path / "m").exists()
