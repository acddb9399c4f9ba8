"""`textkit verify`: whether runs are still what they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import printable
from textkit_cli.console import say

if TYPE_CHECKING:
    from textkit.tasks.verification.verify import Verified


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...", help="Run folders, n-gram model folders or sweeps.", show_default=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Check that runs are undamaged and answer as they did when their training ended.

    Every checksum is computed anew, the model is opened as other commands open it, and it is asked a small
    fixed text, the probe, whose scores are recorded when training ends. On the machine of the training they
    are the same; elsewhere one part in a thousand is allowed, and what differs is said. Of a sweep all runs
    are looked at.

    A line on standard output for each run that is sound; one on standard error for each fault, and the exit
    status is 1.
    """
    from textkit.tasks.verification.verify import verify

    faults = 0
    for run in runs:
        for found in verify(run):
            faults += len(found.faults)
            if as_json:
                print(json.dumps(found.as_dict(), ensure_ascii=False), flush=True)  # noqa: T201
            elif found.sound:
                print(printable(_line(found)), flush=True)  # noqa: T201
            for fault in found.faults:
                say(f"error: {fault}")
    if faults:
        raise typer.Exit(1)


def _line(found: Verified) -> str:
    files = "1 file" if found.files == 1 else f"{found.files} files"
    probe = f", probe {found.probe}" if found.probe else ""
    return f"{found.path}: OK, {found.kind}, {files}, {found.size:,} bytes{probe}; {found.signature}"
