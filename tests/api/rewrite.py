"""Writes signatures.txt and commands.txt anew. See with git diff what changed."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    sys.path.append(str(HERE))
    import commands
    import signatures

    for module in (signatures, commands):
        (HERE / f"{module.__name__}.txt").write_text(module.text(), encoding="utf-8")
