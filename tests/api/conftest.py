"""Lets the tests of this folder import what stands beside them, and how the runs are made."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "reliability"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
