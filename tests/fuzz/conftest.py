"""Puts what is fuzzed, and what fuzzes, on the path: the driver run.py and the tests share it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
