"""Run every benchmark and rewrite RESULTS.md: takes hours, wants the machine for itself.

    TEXTKIT_DATA=... [JOEYNMT=python] [LMPLZ=program] [NANOGPT=folder] python benchmarks/all.py
        [--only NAME ...] [--skip NAME ...]

Each benchmark leaves out peers that are not installed. What fails is named at the end, and the sections of
the others are written all the same; a section's machine, versions and date stand in it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def scripts() -> list[str]:
    """The benchmarks: the scripts here that publish a section."""
    return sorted(
        path.stem
        for path in HERE.glob("*.py")
        if path.stem not in ("all", "results") and "publish(" in path.read_text(encoding="utf-8")
    )


def main() -> None:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=scripts(), default=scripts(), metavar="NAME")
    parser.add_argument("--skip", nargs="+", choices=scripts(), default=[], metavar="NAME")
    options = parser.parse_args()
    failed = []
    for name in options.only:
        if name in options.skip:
            continue
        print(f"== {name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        done = subprocess.run([sys.executable, HERE / f"{name}.py", "--write"], stdout=subprocess.DEVNULL)
        state = "done" if done.returncode == 0 else f"failed with {done.returncode}"
        print(f"{name}: {state} in {(time.monotonic() - began) / 60:.0f} min", file=sys.stderr, flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        sys.exit(f"these benchmarks failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
