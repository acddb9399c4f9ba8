"""Where `textkit` and `python -m textkit_cli` begin."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command of the process's arguments and return its exit status."""
    try:
        from textkit_cli.main import main as run

        return run()
    except KeyboardInterrupt:  # of somebody quick, before it has begun
        sys.stderr.write("textkit: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
