"""The options that several commands share: their names and help, and what their values mean."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import TextkitError, UsageError, unknown_name
from textkit_corpora.compression import check_file, is_standard
from textkit_corpora.readers import read_lines

if TYPE_CHECKING:
    from textkit.text import Pipeline
    from textkit.text import Tokenizer as TokenizerType

DEFAULT_TOKENIZER = "regex"  # sensible for Chinese and Western text alike, and quick to start

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILES]...", help="Files to read; none or - for standard input.", show_default=False
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="OUT", help="File to write; none or - for standard output."),
]
Run = Annotated[str | None, typer.Option("--output", "-o", metavar="RUN", help="The run folder to make.")]
Config = Annotated[
    str | None, typer.Option(metavar="TOML", help="Settings from a file; options override it.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=1, help="How many work at once: threads or processes.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Field = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Field that holds the text: of JSON and Parquet records [default: text], or a column of CSV "
        "and TSV by its name in the header or its number. Standard input is then JSON lines.",
    ),
]
Errors = Annotated[
    str, typer.Option(metavar="strict|replace|ignore", help="What to do with bytes that are not UTF-8.")
]
OnError = Annotated[
    str,
    typer.Option(
        metavar="fail|skip",
        help="A record that cannot be read or tokenized: stop at it, or name it and count it as empty.",
    ),
]
ON_ERROR = ("skip", "fail")
EngineName = Annotated[
    str, typer.Option("--engine", metavar="local|dask", help="Where the work is done: here, or by Dask.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="With --engine dask: the cluster to use, tcp://HOST:PORT; without it -j workers here.",
        show_default=False,
    ),
]
Clean = Annotated[
    str, typer.Option(metavar="PRESET", help="Cleaning first: none, basic, web, zh, en or sentiment.")
]
Tokenizer = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="One of: characters, jieba, nltk, regex, sentencepiece, spacy, whitespace."
    ),
]
TokenizerOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--tokenizer-option",
        "-t",
        metavar="KEY=VALUE",
        help="Option of the tokenizer; may be repeated. characters: keep_space=true; jieba: "
        "mode=accurate|full|search, hmm=false, user_dictionary=FILE; regex: pattern=REGEX; "
        "sentencepiece: model=FILE; spacy: language=zh, model=NAME; whitespace: unicode=false.",
        show_default=False,
    ),
]


def inputs(files: Sequence[str] | None) -> list[str]:
    """The files to read: standard input when none is named."""
    return list(files) if files else ["-"]


def read_all(files: Sequence[str] | None, *, field: str | None, errors: str) -> Iterator[str]:
    """The lines of all files, one after the other, every file being looked for before the first is read."""
    names = inputs(files)
    for name in names:
        check_file(name)
    return (line for name in names for line in read_lines(name, field=field, errors=errors))


def check_folder(path: str) -> None:
    """Raise TextkitError unless `path` can become a new folder: better said before the work than after."""
    folder = Path(path)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise TextkitError(f"{path}: already exists; remove it or choose another name")
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise TextkitError(f"{path}: cannot be written: {above} is no folder that can be written to")


def new_run(output: str | None) -> str:
    """The folder that a training is to make; what would be said after the work is said before it."""
    if output is None or output == "-":
        raise UsageError("a run is a folder: name the one to make with --output RUN")
    if (Path(output) / "manifest.json").exists():
        raise TextkitError(
            f"{output}: there is a run already: go on by --resume {shlex.quote(output)}, "
            "or name another folder"
        )
    check_folder(output)
    return output


def keep_apart(outputs: Mapping[str, str | None], inputs: Sequence[str]) -> None:
    """Raise UsageError when an output, by option, would replace a file that is read, or another output."""
    known = {_place(name): f"the input {name}" for name in inputs if not is_standard(name)}
    for option, name in outputs.items():
        if name is None or is_standard(name):
            continue
        place = _place(name)
        if place in known:
            raise UsageError(f"{option} {name} would replace {known[place]}; name another file")
        known[place] = f"the output of {option}"


def _place(name: str) -> str:
    try:
        return os.path.realpath(name)
    except OSError:  # the current folder is gone: who opens the file says so
        return name


def choose(kind: str, value: str, known: Iterable[str]) -> str:
    """`value`, if it is one of `known`; raises UsageError, with the nearest, if not.

    >>> choose("format", "txt", ["text", "jsonl"])
    Traceback (most recent call last):
    textkit.errors.UsageError: unknown format 'txt': did you mean 'text'? (known: jsonl, text)
    """
    known = list(known)
    if value not in known:
        raise unknown_name(kind, value, known)
    return value


def parse_size(text: str) -> int:
    """Bytes: with K, M, G or T thousands, with KiB, MiB, ... those of 1024; a megabyte at least.

    Raises UsageError for anything else.

    >>> parse_size("500M"), parse_size("1.5 GiB")
    (500000000, 1610612736)
    """
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) *(?:([kmgt])(i?)b?|b)?", text.strip().lower())
    if match is None:
        raise UsageError(f"a size is a number of bytes with K, M, G, KiB, MiB or GiB, as 500M; not '{text}'")
    number, letter, binary = match.groups()
    power = 0 if letter is None else "kmgt".index(letter) + 1
    size = int(float(number) * (1024 if binary else 1000) ** power)
    if size < 1_000_000:
        raise UsageError(f"a size must be 1M at least, not '{text}'")
    return size


def spilling(memory: str | None, tmp: str | None) -> tuple[int | None, Path | None]:
    """--memory in bytes and the folder of --tmp, None for what was not given.

    Raises UsageError for --tmp alone, a folder that is not there, and what `parse_size` refuses.
    """
    if memory is None and tmp is not None:
        raise UsageError("--tmp is where the files of --memory are kept; give both")
    if tmp is not None and not Path(tmp).is_dir():
        raise UsageError(f"--tmp {tmp}: no such folder")
    return None if memory is None else parse_size(memory), None if tmp is None else Path(tmp)


def parse_tokenizer_options(pairs: Sequence[str] | None) -> dict[str, Any]:
    """KEY=VALUE pairs as options for `textkit.text.catalog.make_tokenizer`: flags become true or false.

    >>> parse_tokenizer_options(["mode=search", "hmm=false"])
    {'mode': 'search', 'hmm': False}
    """
    from textkit.text.catalog import TOKENIZERS

    fields = (field for cls in TOKENIZERS.values() for field in dataclasses.fields(cls))
    flags = {field.name for field in fields if str(field.type) == "bool"}
    parsed: dict[str, Any] = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--tokenizer-option is KEY=VALUE, not '{pair}'")
        if key in parsed:
            raise UsageError(f"--tokenizer-option {key} is given twice")
        truth = {"true": True, "false": False}.get(value.lower()) if key in flags else None
        parsed[key] = value if truth is None else truth
    return parsed


def make_tokenizer(name: str, pairs: Sequence[str] | None) -> TokenizerType:
    """The tokenizer that --tokenizer and --tokenizer-option ask for, ready for use."""
    from textkit.text.catalog import make_tokenizer

    return make_tokenizer(name, parse_tokenizer_options(pairs))


def make_clean(preset: str) -> Pipeline[str, str]:
    """The cleaning that --clean asks for."""
    from textkit.text import clean

    return clean.preset(preset)
