"""Where benchmark tables are written: benchmarks/RESULTS.md, one section a benchmark, replaced when rerun."""

from __future__ import annotations

import datetime
import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# Measured results

Each section is written by the script it names; rerun it with `--write` to replace it.
"""


def data_folder() -> Path:
    """The folder of real data; the benchmark ends, saying why, when TEXTKIT_DATA is not set."""
    folder = os.environ.get("TEXTKIT_DATA")
    if not folder:
        sys.exit("TEXTKIT_DATA is not set: this benchmark measures on real data and is skipped")
    return Path(folder)


def machine(*packages: str) -> str:
    """Date, processor and versions, in one line."""
    model = platform.processor() or "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (match := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = match[1]
    versions = ", ".join(f"{name} {version(name).split('+')[0]}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    today = datetime.datetime.now(tz=datetime.UTC).date()
    return f"{today}; {model}, {cores} cores; Python {platform.python_version()}, {versions}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)


def publish(title: str, body: str, *, script: str) -> None:
    """Print a section, and with `--write` on the command line put it into RESULTS.md."""
    section = f"## {title}\n\n`python benchmarks/{script} --write`\n\n{body}\n"
    print(section)
    if "--write" not in sys.argv[1:]:
        return
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    parts = [part.rstrip() + "\n" for part in re.split(r"(?m)^(?=## )", text)]
    place = next((i for i, part in enumerate(parts) if part.startswith(f"## {title}\n")), len(parts))
    parts[place : place + 1] = [section]
    RESULTS.write_text("\n".join(parts), encoding="utf-8")
