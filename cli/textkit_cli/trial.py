"""`python -m textkit_cli.trial` is `textkit`, and ends as by SIGTERM when its standard input does.

A sweep holds that input open, so that no trial outlives it, whatever kills it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from textkit_cli.main import main


def _end_with_input() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    sys.exit(main())
