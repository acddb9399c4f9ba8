"""Compiling goes on where numba has nowhere to keep the code, or finds it damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from textkit.text.lines import Lines
print(list(Lines.split(b"to be\\nor not\\n")))
"""


def test_with_nowhere_to_keep_the_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "file" / "folder")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("['to be', 'or not']\n", 0), ran.stderr


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    run = [sys.executable, "-c", PROGRAM]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    for damage in (b"", b"damaged", None):
        ran = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
        assert (ran.stdout, ran.returncode) == ("['to be', 'or not']\n", 0), ran.stderr
        for kept in tmp_path.rglob("*.nb*"):
            if damage is not None:
                kept.write_bytes(damage)
