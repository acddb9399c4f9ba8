"""Asks the questions of `selfchecks` in other processes, and outlives them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from textkit_cli.findings import REINSTALL, Finding
from textkit_cli.selfchecks import CHECKS, TORCH_CHECKS, Check

TIMEOUT = 120.0  # seconds for a process; compiling anew takes a part of that


def ask_all(timeout: float = TIMEOUT) -> list[Finding]:
    """What all checks found, in their order."""
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda checks: _ask(checks, timeout), (CHECKS, TORCH_CHECKS))
        return [finding for part in parts for finding in part]


def _ask(checks: Mapping[str, Check], timeout: float) -> list[Finding]:
    found: dict[str, Finding] = {}
    while missing := [name for name in checks if name not in found]:
        for finding in _one_process(missing, checks, timeout):
            found[finding.what] = finding
    return [found[name] for name in checks]


def _one_process(names: Sequence[str], checks: Mapping[str, Check], timeout: float) -> list[Finding]:
    """What a process answered; where it ended early, the check that it was at is a fault."""
    command = [sys.executable, "-m", "textkit_cli.selfchecks", *names]
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
        out, ended = ran.stdout, _ending(ran.returncode)
    except subprocess.TimeoutExpired as error:
        out, ended = error.stdout or b"", f"gave no answer in {timeout:g} seconds"
    except OSError as error:
        out, ended = b"", f"no process could be started: {(error.strerror or str(error)).lower()}"
    answers, begun = [], names[0]
    for line in out.decode("utf-8", "replace").splitlines():
        try:
            answer = json.loads(line)
        except ValueError:  # cut short
            break
        if "begun" in answer:
            begun = answer["begun"]
        else:
            answers.append(Finding(**answer))
    if len(answers) < len(names):
        package = checks[begun].package
        do = f"{REINSTALL} {package}" if package else "try again, and report it"
        answers.append(Finding("fault", begun, ended, do))
    return answers


def _ending(status: int) -> str:
    if status < 0:
        return f"the process was ended by {signal.Signals(-status).name}"
    return f"the process ended with status {status}"
