"""Blocks and works for the tests of engines, in a module that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from textkit.errors import InputError


@dataclass(frozen=True)
class Records:
    """Some records of `f.txt`; `first` is the number of the first, counted from 1."""

    first: int
    records: list[str]

    def __len__(self) -> int:
        return len(self.records)

    def part(self, begin: int, end: int) -> Records:
        return Records(self.first + begin, self.records[begin:end])

    def place(self, index: int) -> str:
        return f"f.txt:{self.first + index}"

    def without(self, indices: list[int]) -> Records:
        return Records(self.first, [r for i, r in enumerate(self.records) if i not in indices])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Upper:
    """Upper case; some records are orders instead. `folder` is where workers leave their marks."""

    folder: Path

    def __call__(self, block: Records) -> list[str]:
        return [self.record(record) for record in block.records]

    def record(self, record: str) -> str:
        match record.split(" "):
            case ["poison"]:
                die()
            case ["kill-once", name]:
                mark = self.folder / name
                if not mark.exists():
                    mark.touch()
                    die()
            case ["fail"]:
                raise InputError("f.txt: bad record")
            case ["odd"]:
                raise OddError("one", "two")
            case ["sleep", seconds]:
                (self.folder / f"sleeps-{os.getpid()}").touch()
                time.sleep(float(seconds))
        return record.upper()


@dataclass(frozen=True)
class Crowded:
    """Kills its process when a block has more than `most` records."""

    most: int

    def __call__(self, block: Records) -> int:
        if len(block) > self.most:
            die()
        return len(block)


@dataclass(frozen=True)
class Counted:
    """Leaves a line in `file` each time that a process unpickles it."""

    file: Path

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.__dict__.update(state)
        with self.file.open("a") as file:
            file.write(f"{os.getpid()}\n")

    def __call__(self, block: str) -> int:
        return len(block)


@dataclass(frozen=True)
class Stillborn:
    """Kills, or fails in, every process that unpickles it."""

    kill: bool

    def __setstate__(self, state: dict[str, bool]) -> None:
        if state["kill"]:
            die()
        raise ImportError("no such dictionary")

    def __call__(self, block: Records) -> int:
        return len(block)


class OddError(Exception):
    """An error that cannot be unpickled: its constructor wants more than its message."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")
