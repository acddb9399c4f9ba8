"""`textkit doctor`: whether this installation is well, and what to do where it is not."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from textkit.errors import printable


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Check this installation: versions, the machine, caches, and everything that is compiled.

    Each line is ok, a warning or a fault, and says what to do. Each compiled piece is asked a question
    whose answer is known, in a process of its own, so that one that is broken is told like any other
    fault. Exit status 1 where there is a fault.
    """
    from textkit_cli.diagnosis import diagnose
    from textkit_cli.selfcheck_process import ask_all

    faults = warnings = 0
    for findings in (diagnose, ask_all):
        for finding in findings():
            faults += finding.state == "fault"
            warnings += finding.state == "warning"
            line = json.dumps(dataclasses.asdict(finding), ensure_ascii=False) if as_json else finding.line()
            print(line if as_json else printable(line), flush=True)  # noqa: T201
    if not as_json:
        print(_summary(faults, warnings))  # noqa: T201
    if faults:
        raise typer.Exit(1)


def _summary(faults: int, warnings: int) -> str:
    counts = [(faults, "fault"), (warnings, "warning")]
    told = [f"{count} {name}{'s' * (count != 1)}" for count, name in counts if count]
    return ", ".join(told) or "all is well"
