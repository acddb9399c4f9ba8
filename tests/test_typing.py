"""A user's script passes a strict type check against the package."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_example_passes_mypy_strict(tmp_path: Path) -> None:
    if not README.exists():
        pytest.skip("the README is not beside these tests (a wheel holds none)")
    example = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    script = tmp_path / "example.py"
    script.write_text(example[1], encoding="utf-8")
    config = tmp_path / "mypy.ini"  # torch's own types are not asked about, and half of the time goes to them
    config.write_text("[mypy]\n[mypy-torch.*]\nfollow_imports = skip\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(config)]
    command += ["--cache-dir", str(tmp_path / "cache"), str(script)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
