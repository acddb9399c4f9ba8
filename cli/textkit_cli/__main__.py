"""`python -m textkit_cli` is `textkit`."""

from __future__ import annotations

import sys

from textkit_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
