"""Fuzzes every reader and parser, one process a target, and ends with a table.

    python tests/fuzz/run.py --minutes 10 [--only NAME ...] [--engine own] [--folder DIR]

By atheris (coverage guides it), where it is installed; else, or where asked, by `fuzz_targets.mutation`. An
input that breaks a property is kept as DIR/TARGET/finding-*, once for each place in the code, and the work
goes on: mend what is wrong there and put the input in tests/fuzz/found. Exit status 1 where there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # where PYTHONSAFEPATH is set, a script's folder is not in it
    sys.path.insert(0, str(HERE))
RESTARTS = 5  # of a target whose process dies


class Outcome(NamedTuple):
    """What fuzzing a target came to; `coverage` is what libFuzzer counts, empty without it."""

    target: str
    engine: str
    executions: int
    seconds: float
    coverage: str
    peak: int
    findings: list[str]

    def row(self) -> str:
        rate = self.executions / max(self.seconds, 1e-9)
        found = "; ".join(self.findings) or "none"
        cells = (self.target, self.engine, f"{self.executions:,}", f"{rate:,.0f}", self.coverage or "-")
        return f"| {' | '.join(cells)} | {self.peak >> 20:,} | {found} |"


HEADING = """\
| target | engine | executions | a second | coverage | peak MiB | findings |
|---|---|--:|--:|--:|--:|---|"""


def main() -> int:
    """Fuzz what is asked for; the exit status."""
    given = _arguments()
    if given.child:
        from fuzz_engine import child

        child(given.child, engine=given.engine, seconds=given.seconds, folder=given.folder)
        return 0
    names = _names(given.only)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="textkit-fuzz."))
    print(f"fuzzing {len(names)} targets, {given.minutes:g} minutes each, in {folder}", file=sys.stderr)  # noqa: T201
    outcomes = []
    for name in names:
        outcomes.append(_fuzz(name, engine=given.engine, seconds=60 * given.minutes, folder=folder))
        print(outcomes[-1].row(), file=sys.stderr, flush=True)  # noqa: T201
    print("\n".join([HEADING, *(outcome.row() for outcome in outcomes)]))  # noqa: T201
    return 1 if any(outcome.findings for outcome in outcomes) else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="of each target")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="targets; all by default")
    parser.add_argument("--engine", choices=("atheris", "own"), default=_default_engine())
    parser.add_argument("--folder", type=Path, help="where corpora, logs and findings go")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    return parser.parse_args()


def _default_engine() -> str:
    from importlib.util import find_spec

    return "own" if find_spec("atheris") is None else "atheris"


def _names(only: list[str]) -> list[str]:
    from fuzz_targets import places

    unknown = [name for name in only if name not in places()]
    if unknown:
        sys.exit(f"there is no target {unknown[0]}; the targets are {', '.join(places())}")
    return only or list(places())


def _fuzz(name: str, *, engine: str, seconds: float, folder: Path) -> Outcome:
    """One target, started again where its process dies."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    begun, died = time.monotonic(), list[str]()
    executions, peak, coverage = 0, 0, ""
    while (left := seconds - (time.monotonic() - begun)) > 1 and len(died) <= RESTARTS:
        (place / "progress.json").unlink(missing_ok=True)
        status = _run_child(name, engine=engine, seconds=left, folder=folder)
        progress = _json(place / "progress.json")
        executions += progress.get("executions", 0)
        peak = max(peak, progress.get("peak", 0))
        coverage = _coverage(place / "log") or coverage
        if status == 0:
            break
        died.append(_told(place, status, progress))
    else:
        status = 1
    findings = [*_json(place / "findings.json").values(), *died]
    return Outcome(name, engine, executions, time.monotonic() - begun, coverage, peak, findings)


def _run_child(name: str, *, engine: str, seconds: float, folder: Path) -> int:
    from fuzz_targets import places

    child = f"{places()[name]}:{name}"
    command = [sys.executable, str(HERE / "run.py"), "--child", child, "--engine", engine]
    command += ["--seconds", str(seconds), "--folder", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONHASHSEED": "0"}
    memory = (
        "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    )  # no disk is worn out by what is thrown away
    # libFuzzer ends its process without a farewell, so what that leaves is removed here.
    with (folder / name / "log").open("ab") as log, tempfile.TemporaryDirectory(dir=memory) as scratch:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment | {"TMPDIR": scratch})
        try:
            return process.wait(seconds + 300)
        except subprocess.TimeoutExpired:  # stuck in compiled code, which heeds nobody
            process.kill()
            process.wait()
            return 124


def _told(place: Path, status: int, progress: dict[str, Any]) -> str:
    """How a process died, and with which input: libFuzzer's, else the one that was at work."""
    left = sorted(place.glob("crash-*")) + sorted(place.glob("timeout-*")) + sorted(place.glob("oom-*"))
    name = left[-1].name if left else progress.get("input", "unknown input")
    return f"died with status {status} ({name})"


def _coverage(log: Path) -> str:
    with contextlib.suppress(OSError):
        found = re.findall(rb"cov: (\d+)", log.read_bytes())
        return found[-1].decode() if found else ""
    return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
