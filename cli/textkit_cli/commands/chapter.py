"""`textkit chapter`: the chapters of the course, each with a claim that can be seen to hold."""

from __future__ import annotations

import json
import os
import textwrap
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from textkit.errors import InputError, TextkitError, UsageError
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say
from textkit_cli.outcomes import Missed, fault_of, outcome_table, summary
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.data.images import Images
    from textkit.data.table import Table
    from textkit.tasks.chapters import Card
    from textkit.tasks.chapters.running import Outcome

WIDTH = 80
LONG = 20.0  # seconds; of a chapter that takes longer it is said before
_LARGEST = 2**32 - 1  # that every generator takes as a seed

command = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="List, describe and run the chapters of the course: a claim, what shows it, and its picture.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A chapter that `list` names.")]


@command.command("list", short_help="Name the chapters, one a line.")
def list_chapters() -> None:
    """One line for each chapter: its name and what it is about, in the order of the course."""
    from textkit.tasks.chapters import CHAPTERS

    widest = max(map(len, CHAPTERS))
    with open_output(None) as file:
        file.writelines(f"{name:<{widest}}  {about}\n" for name, about in CHAPTERS.items())


@command.command("show", short_help="Show what a chapter claims and needs.")
def show(name: Name) -> None:
    """The card of a chapter: claim, data, seed, what is expected, source, time."""
    from textkit.tasks.chapters import load_chapter

    card = load_chapter(name).CARD
    about = {
        "name": name,
        "title": card.title,
        "标题": card.title_zh,
        "claim": card.claim,
        "data": " ".join(_data_of(card)) or "none",
        "seed": str(card.seed),
        "time": f"about {card.seconds:g} s",
        "source": card.source,
    }
    facts = aligned([["FACT", "EXPECTED"], *([fact.name, fact.text] for fact in card.facts)])
    with open_output(None) as file:
        for key, value in about.items():
            print(textwrap.fill(f"{key:<8}{value}", WIDTH, subsequent_indent=" " * 8), file=file)
        print(f"\n{facts}", file=file)


@command.command("run", short_help="Run a chapter, or all, and check its claim.")
def run(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A chapter that `list` names.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every chapter; go on where one fails.")] = False,
    plot: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Draw the chapter's pictures there.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=_LARGEST, help="Another seed than the card's.", show_default=False
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Data to read: a CSV file, or a folder of idx files with images; "
            "with --all NAME=PATH, which may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object, a line for each chapter.")
    ] = False,
    output: options.Output = None,
    quiet: options.Quiet = False,
) -> None:
    """Run a chapter, or all, and print what was expected beside what was reached.

    The exit status is 1 when a claim does not hold. The same seed gives the same numbers; what is
    expected is meant for the seed of the card, and, where there is a sample corpus, for that. A chapter
    that needs data of which none are given is skipped by --all.
    """
    if (name is None) != every:
        raise UsageError("name one chapter to run, or give --all")
    paths = _paths(name, data or [])
    options.keep_apart({"--output": output}, list(paths.values()))
    settings = _Settings(seed, None if plot is None else _check_folder(plot), quiet)
    from textkit.tasks.chapters import CHAPTERS

    given = {each: _Given(path, _read(each, path)) for each, path in paths.items()}
    ran: list[Outcome | Missed] = []
    with open_output(output) as file:
        for each in [name] if name is not None else CHAPTERS:
            ran.append(_run(each, given, settings) if not every else _try_to_run(each, given, settings))
            if as_json:
                print(json.dumps(ran[-1].as_dict(), ensure_ascii=False), file=file, flush=True)
        if not as_json:
            print(outcome_table(ran), file=file)
    if every:
        say(summary(ran), quiet=quiet)
    if wrong := [fault for each in ran if (fault := fault_of(each))]:
        raise TextkitError("; ".join(wrong))


@dataclass(frozen=True)
class _Settings:
    """What is the same for all chapters that are run: another seed than their own, a folder for pictures."""

    seed: int | None
    plots: Path | None
    quiet: bool


class _Given(NamedTuple):
    """What somebody gave a chapter to read."""

    path: str
    data: Table | Images


def _data_of(card: Card) -> Iterator[str]:
    """What a chapter reads, in sentences."""
    if card.data_text:
        yield card.data_text.rstrip(".") + "."
    if card.data != "none":
        kind = {"table": "A table (CSV)", "images": "Images (a folder of idx files)"}[card.data]
        yield f"{kind} by --data PATH{f'; without, the sample corpus {card.corpus}' if card.corpus else ''}."


def _paths(name: str | None, data: Sequence[str]) -> dict[str, str]:
    """Paths of data by the chapter that they are for."""
    if name is not None:
        if len(data) > 1:
            raise UsageError("a chapter reads one set of data: give --data once")
        return dict.fromkeys([name], data[0]) if data else {}
    parts = [text.partition("=") for text in data]
    for text, (before, _, path) in zip(data, parts, strict=True):
        if not (before and path):
            raise UsageError(f"with --all say whose data they are: --data NAME=PATH, not '{text}'")
    return {before: path for before, _, path in parts}


def _check_folder(plot: str) -> Path:
    """The folder for pictures: what would be said after the work is said before it."""
    if not plot:
        raise UsageError("--plot needs the name of a folder; . is the current one")
    folder = Path(plot)
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UsageError(f"--plot {plot}: {there} is no folder that can be written to")
    return folder


def _read(name: str, path: str) -> Table | Images:
    from textkit.tasks.chapters import load_chapter
    from textkit_corpora import read_images, read_table

    card = load_chapter(name).CARD
    if card.data == "none":
        raise UsageError(f"--data {path}: the chapter {name} reads no data; leave --data out")
    return read_table(path) if card.data == "table" else read_images(path)


def _run(name: str, given: Mapping[str, _Given], settings: _Settings) -> Outcome:
    """Run a chapter on the data that were given, else on its sample corpus, and say what it says."""
    from textkit.tasks.chapters import Study, load_chapter
    from textkit.tasks.chapters.running import run_chapter

    card, quiet = load_chapter(name).CARD, settings.quiet
    data = given[name].data if name in given else None
    if data is None and card.corpus:
        from textkit_corpora import load

        data = load(card.corpus).table()
    elif card.corpus:
        say(f"{name}: what is expected is meant for the sample corpus {card.corpus}", quiet=quiet)
    seed = card.seed if settings.seed is None else settings.seed
    if seed != card.seed:
        say(f"{name}: what is expected is meant for seed {card.seed}, not {seed}", quiet=quiet)
    if card.seconds > LONG and (data is not None or card.data == "none"):
        say(f"{name}: takes about {card.seconds:g} s", quiet=quiet)
    try:
        outcome = run_chapter(name, Study(seed, data, settings.plots))
    except (InputError, UsageError) as error:
        if name in given:
            raise type(error)(f"{given[name].path}: {error}") from error
        raise
    for note in outcome.notes:
        say(f"{name}: {note}", quiet=quiet)
    for picture in outcome.pictures:
        say(f"{name}: drew {picture}", quiet=quiet)
    held = len(outcome.rows) - len(outcome.failed)
    say(f"{name}: {held} of {len(outcome.rows)} facts hold, {outcome.seconds:.1f} s", quiet=quiet)
    return outcome


def _try_to_run(name: str, given: Mapping[str, _Given], settings: _Settings) -> Outcome | Missed:
    """The same for one of all: what keeps it from running is said, so that the others are run."""
    from textkit.tasks.chapters import load_chapter

    try:
        return _run(name, given, settings)
    except UsageError as error:
        card = load_chapter(name).CARD
        lacks = card.data != "none" and not card.corpus and name not in given
        missed = Missed(name, str(error), skipped=lacks)
    except Exception as error:  # one chapter's fault must not hide what the others show
        if os.environ.get("TEXTKIT_DEBUG"):
            traceback.print_exc()
        kind = "" if isinstance(error, TextkitError) else f"{type(error).__name__}: "
        missed = Missed(name, f"{kind}{error}", skipped=False)
    if missed.skipped:
        say(f"{name}: skipped: {missed.reason}", quiet=settings.quiet)
    return missed
