"""The lines of all input files, in blocks that know where they came from and can be sent to a worker."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

from textkit.errors import InputError
from textkit_corpora.compression import Source, display_name, is_standard, reading
from textkit_corpora.decoding import check_errors, decode_line, without_end, without_mark
from textkit_corpora.line_limit import check_lines, rest_of_line
from textkit_corpora.readers import kind_to_read, record_texts

SIZE = 1 << 20  # of a block: enough to outweigh sending it to another process, little to hold


@dataclass(frozen=True)
class Block:
    r"""Some lines of one file, in order.

    file:   as the user named it, "-" for standard input.
    first:  the number of its first line or record, counted from 1.
    text:   of plain text the bytes, not checked yet, of whole lines (of the last the end may lack); of
            records their texts, one line each.
    read:   bytes of the file, as it lies on disk, read up to and with this block; 0 where nobody knows.
    faults: what was wrong with the records that could not be read, which are empty in `text`.

    >>> block = Block("f.txt", 11, b"to be\r\nor not\n")
    >>> len(block), block.place(1), block.strings()
    (2, 'f.txt:12', (['to be', 'or not'], ()))
    """

    file: str
    first: int
    text: bytes | list[str]
    read: int = 0
    faults: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many lines or records there are; nothing after the last line's end is no line."""
        return self._count

    @cached_property
    def _count(self) -> int:  # 0.5 ms a block
        if isinstance(self.text, list):
            return len(self.text)
        return self.text.count(b"\n") + (self.text[-1:] not in (b"", b"\n"))

    def place(self, index: int) -> str:
        """Where line or record `index` (from 0) stands, as messages put it."""
        between = ":" if isinstance(self.text, bytes) else ": record "
        return f"{display_name(self.file)}{between}{self.first + index}"

    def part(self, begin: int, end: int) -> Block:
        """The lines or records from `begin` up to, without, `end`. Faults stay with the whole block."""
        text: bytes | list[str]
        if isinstance(self.text, list):
            text = self.text[begin:end]
        else:
            text = b"".join(_raw_lines(self.text)[begin:end])
        return Block(self.file, self.first + begin, text)

    def blank(self, indices: Collection[int], reason: str) -> Block:
        """The block with those lines or records emptied, and a fault noted for each: "place: reason"."""
        text: bytes | list[str]
        if isinstance(self.text, list):
            text = ["" if index in indices else line for index, line in enumerate(self.text)]
        else:
            lines = enumerate(_raw_lines(self.text))
            text = b"".join(b"\n" if index in indices else line for index, line in lines)
        faults = (f"{self.place(index)}: {reason}" for index in sorted(indices))
        return replace(self, text=text, faults=(*self.faults, *faults))

    def strings(self, *, errors: str = "strict", skip: bool = False) -> tuple[list[str], tuple[str, ...]]:
        r"""The lines decoded, without their ends (\n or \r\n), and the faults of the block.

        `errors` as in `readers.read_lines`. Raises InputError, with file and line, for a line that is
        not UTF-8 or holds a NUL; with `skip` such a line is empty and a fault more.
        """
        if isinstance(self.text, list):
            return self.text, self.faults
        try:
            text = self.text.decode("utf-8")
        except UnicodeDecodeError:
            return self._checked(errors=errors, skip=skip)
        if "\0" in text:
            return self._checked(errors=errors, skip=skip)
        lines = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")
        if not lines[-1]:
            lines.pop()
        return lines, self.faults

    def _checked(self, *, errors: str, skip: bool) -> tuple[list[str], tuple[str, ...]]:
        lines, faults, name = [], list(self.faults), display_name(self.file)
        for number, raw in enumerate(_raw_lines(cast(bytes, self.text)), self.first):
            line = decode_line(without_end(raw), errors, name=name, number=number)
            if isinstance(line, InputError):
                if not skip:
                    raise line
                faults.append(str(line))
                line = ""
            lines.append(line)
        return lines, tuple(faults)


def _raw_lines(text: bytes) -> list[bytes]:
    return io.BytesIO(text).readlines()  # splitlines would end lines at a lone \r too


def read_blocks(
    files: Sequence[str],
    *,
    field: str | None,
    errors: str,
    size: int = SIZE,
    skip: bool = False,
    lively: bool = False,
) -> Iterator[Block]:
    """The lines of `files` in order, in the shortest blocks of whole lines that hold `size` or more.

    Of plain text `size` counts bytes, of records characters, so that where a block ends depends on the
    input alone. With `lively`, standard input and pipes give what has arrived without waiting for more.
    With `skip` a record that cannot be read is empty and noted in the block's faults. Every file is
    looked for before the first is read, so a name mistyped last is known at once.

    Raises InputError, with file and line, for what cannot be read, UsageError for what cannot be asked.
    """
    check_errors(errors)
    kinds = [kind_to_read(file, field) for file in files]
    return _blocks(files, kinds, field=field, errors=errors, size=size, skip=skip, lively=lively)


def _blocks(
    files: Sequence[str],
    kinds: Sequence[str],
    *,
    field: str | None,
    errors: str,
    size: int,
    skip: bool,
    lively: bool,
) -> Iterator[Block]:
    for file, kind in zip(files, kinds, strict=True):
        waits = lively and (is_standard(file) or not Path(file).is_file())
        empty = not is_standard(file)
        with reading(file) as source:
            if kind == "text":
                blocks = _text_blocks(file, source, errors=errors, size=size, lively=waits)
            else:
                records = record_texts(source, kind=kind, field=field, errors=errors)
                blocks = _record_blocks(file, source, records, size=1 if waits else size, skip=skip)
            for block in blocks:
                empty = False
                yield block
        if empty:
            fault = f"{file}: is empty; there is no line to read"
            if not skip:
                raise InputError(fault)
            yield Block(file, 1, b"", faults=(fault,))


def _text_blocks(file: str, source: Source, *, errors: str, size: int, lively: bool) -> Iterator[Block]:
    first = 1
    for text in (_arrivals if lively else _stretches)(source, size):
        if first == 1:
            text = without_mark(text, name=source.name, errors=errors)
            if not text:
                continue
        check_lines(text, name=source.name, first=first)
        yield (block := Block(file, first, text, source.position()))
        first += len(block)


def _stretches(source: Source, size: int) -> Iterator[bytes]:
    while text := source.stream.read(size):
        yield text if text.endswith(b"\n") else text + rest_of_line(source.stream)


def _arrivals(source: Source, size: int) -> Iterator[bytes]:
    """Whole lines as they come; `read1` waits for something, not for all."""
    buffered, rest = cast(io.BufferedReader, source.stream), b""
    while text := buffered.read1(size):
        end = text.rfind(b"\n") + 1
        if end:
            yield rest + text[:end]
            rest = text[end:]
        else:
            yield rest + text + rest_of_line(source.stream)
            rest = b""
    if rest:
        yield rest


def _record_blocks(
    file: str, source: Source, records: Iterator[str | InputError], *, size: int, skip: bool
) -> Iterator[Block]:
    first, texts, faults, held = 1, list[str](), list[str](), 0
    for text in records:
        if isinstance(text, InputError):
            if not skip:
                raise text
            faults.append(str(text))
            text = ""
        texts.append(text)
        held += len(text) + 1
        if held >= size:
            yield Block(file, first, texts, source.position(), tuple(faults))
            first, texts, faults, held = first + len(texts), [], [], 0
    if texts:
        yield Block(file, first, texts, source.position(), tuple(faults))
