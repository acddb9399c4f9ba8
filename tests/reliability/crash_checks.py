"""What must be so after a command was stopped, whatever the moment and the signal."""

from __future__ import annotations

import re
import signal
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import crash_fingerprints
from crash_cases import Case
from crash_commands import Commands, Ended, Place

STATUS = {
    signal.SIGKILL: {-signal.SIGKILL},
    # Below zero: before the command began, or after it was done.
    signal.SIGTERM: {128 + signal.SIGTERM, -signal.SIGTERM},
    signal.SIGINT: {128 + signal.SIGINT, -signal.SIGINT},
}
LAST = {"results", "probe"}  # put into the manifest of a model that is whole already
HIDDEN = re.compile(r"(tmp/textkit-\w+|\..+)\.[0-9a-f]{8}\.textkit|tmp/pymp-\w+")


@dataclass
class Whole:
    """What an uninterrupted command gives: its fingerprint, the names it leaves, its steps and seconds."""

    fingerprint: Any
    names: set[str]
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0


def measured(case: Case, place: Place, *, steps: list[str], seconds: float) -> Whole:
    """Of the place where it ran to its end."""
    return Whole(crash_fingerprints.of(place.work / case.out), place.names(), steps, seconds)


def stopped(
    case: Case, place: Place, ended: Ended, whole: Whole, *, number: int, seen: Set[str] = frozenset()
) -> bool:
    """Check a place where a command got a signal; whether it had come to its end before.

    `seen` were there before it: what an earlier one left.
    """
    told = f"{case.name} {signal.Signals(number).name}: {ended}"
    assert "Traceback" not in ended.errors, told
    assert "Exception ignored" not in ended.errors, told
    out = place.work / case.out
    if ended.status == 0:
        assert crash_fingerprints.of(out) == whole.fingerprint, told
        assert place.names() == whole.names, told
        return True
    assert ended.status in STATUS[signal.Signals(number)], told
    new = _intact(case, place, whole)
    left = place.names() - whole.names - {f"{case.out}.partial"} - seen
    if number == signal.SIGKILL:
        left = {name for name in left if not HIDDEN.fullmatch(name)}
    assert not left, (told, left)
    if number != signal.SIGKILL:
        _told(case, place, ended, new=new)
    return False


def _intact(case: Case, place: Place, whole: Whole) -> bool:
    """The output is what it was, or the new one, or a run that is whole as far as it came; is it new?"""
    out = place.work / case.out
    if not out.exists():
        assert case.old is None
        return False
    if out.is_file():
        found = out.read_bytes()
        assert found in (case.old, whole.fingerprint), f"{case.name}: half an output"
        return found != case.old
    crash_fingerprints.whole(out)
    return True


def _told(case: Case, place: Place, ended: Ended, *, new: bool) -> None:
    """Signals that can be heeded are answered by one line: it says how to go on where something is kept."""
    lines = ended.errors.splitlines()
    assert len(lines) <= 1, ended
    if ended.status < 0:
        return
    assert len(lines) == 1, ended
    if (place.work / f"{case.out}.partial").exists():
        assert "add --resume to go on" in lines[0], ended
    elif case.resume is not None and new and _has_last(place.work / case.out):
        wanted = f"go on with: textkit {case.resume.replace(' -q', '')}"
        assert lines[0].endswith(wanted), (ended, wanted)


def _has_last(run: Path) -> bool:
    from textkit.train.checkpoint import RunFolder

    return RunFolder.open(run).has("last")


def finished(case: Case, place: Place, whole: Whole, commands: Commands, texts: Path) -> None:
    """Go on as the user would, and check that the result is that of the command that was not stopped."""
    out = place.work / case.out
    if not (case.once and out.exists()):  # the model is whole, and there is nothing to go on with
        ended = commands.run(case.going_on(texts, place), place)
        assert ended == Ended(0, ""), (case.name, ended)
    found = crash_fingerprints.of(out)
    if case.once:
        found, wanted = (_without_results(each) for each in (found, whole.fingerprint))
        assert found == wanted, case.name
        return
    assert found == whole.fingerprint, f"{case.name}: not what an uninterrupted run gives"
    assert place.names() == whole.names, case.name


def _without_results(fingerprint: dict[str, Any]) -> dict[str, Any]:
    """Nor what SIGKILL left of their writing: nobody has written there since."""
    document = {key: value for key, value in fingerprint["document"].items() if key not in LAST}
    names = {name for name in fingerprint["names"] if not HIDDEN.fullmatch(name)}
    return {**fingerprint, "document": document, "names": names}
