"""What is fuzzed: a reader, whole files that it takes, and what it may refuse the others with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from textkit.errors import TextkitError

Read = Callable[[bytes, Path], None]
Seeds = Callable[[], Mapping[str, bytes]]

ROOM = 32 << 20  # bytes that any input may take: buffers, blocks, tables of a library
LONGEST_MESSAGE = 4000  # characters; it is one line on a terminal


class Broken(AssertionError):  # noqa: N818 - what the others are called too
    """A property that does not hold."""


@dataclass(frozen=True)
class Target:
    """A reader, called with the bytes of a file and a private folder, which holds nothing else of worth.

    `read` calls it on these bytes, lets pass what it documents (see `refusing`) and asserts what holds of
    what was read. `seeds` are whole files by name, `words` what else files of the kind are made of. `memory`
    is how many bytes each byte of the input may take, beside `room`; `seconds` are what one input may take.
    """

    name: str
    what: str
    read: Read
    seeds: Seeds
    words: tuple[bytes, ...] = ()
    memory: int = 200
    seconds: float = 10.0
    room: int = ROOM
    longest: int = 4096  # bytes of an input that is made up

    def limit(self, size: int) -> int:
        """The bytes of memory that an input of `size` bytes may take."""
        return self.room + self.memory * size


@contextlib.contextmanager
def refusing(*kinds: type[TextkitError]) -> Iterator[None]:
    """Lets pass the errors that a reader documents, but only with a message of one line."""
    try:
        yield
    except kinds as error:
        check_message(error)


def check_message(error: TextkitError) -> None:
    """Raise Broken unless the error says something, in one line that is not without end."""
    message = str(error)
    if len(message.splitlines()) != 1 or not message.strip():
        raise Broken(f"a message of {len(message.splitlines())} lines: {message[:300]!r}") from error
    if len(message) > LONGEST_MESSAGE:
        raise Broken(f"a message of {len(message)} characters: {message[:300]!r}") from error


def same(found: object, expected: object, what: str) -> None:
    """Raise Broken unless both are equal."""
    if found != expected:
        raise Broken(f"{what}: {found!r:.300} is not {expected!r:.300}")


def holds(condition: object, what: str) -> None:
    """Raise Broken unless the condition holds; not an assertion, which python -O leaves out."""
    if not condition:
        raise Broken(what)


def placed(folder: Path, name: str, data: bytes) -> Path:
    """The file `name` of the folder, with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path
