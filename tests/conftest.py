"""What every test shares."""

from __future__ import annotations

import os

# One thread: the networks here are tiny, and threads that wait for each other cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")
