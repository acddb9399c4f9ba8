"""`textkit sweep`: many trainings that differ in a few settings, compared on validation texts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textkit import atomic
from textkit.errors import TextkitError, UsageError
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say

if TYPE_CHECKING:
    from textkit.tasks.sweep.plan import Trial
    from textkit.tasks.sweep.trials import Journal
    from textkit_cli.sweeping import Sweep


def command(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file that says what to try.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="SWEEP", help="The folder of the sweep's runs.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Trials at the same time.")
    ] = 1,
    again: Annotated[bool, typer.Option("--again", help="Try once more what failed.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Train over a grid or a random sample of settings, and compare the trials on validation texts.

    CONFIG has the training command, its inputs as its options name them with _ for -, the settings that
    stay and those that vary:

    \b
        command = "train-classifier"
        [inputs]
        train = "train.tsv"
        dev = "dev.tsv"
        [settings]
        preset = "textcnn"
        [grid]
        hidden = [50, 100]
        dropout = [0.2, 0.5]

    In place of [grid], [sample] takes lists and ranges, as learning_rate = {low = 1e-4, high = 1e-2,
    log = true}, and before all tables trials = 20 and seed = 1. measure = "accuracy" compares by
    another figure than the command's usual one.

    Each trial is an ordinary run, SWEEP/trial-001 and so on. The table is printed, the best first, and
    written as SWEEP/sweep.tsv with the picture SWEEP/sweep.png. Ctrl-C saves; the same command goes on,
    and what is finished is not done again. Test texts have no part in it: measure the best trial on
    them once, at the end.
    """
    from textkit.tasks.sweep.running import Running
    from textkit.tasks.sweep.trials import JOURNAL, Journal
    from textkit.train.interrupt import going_on
    from textkit_cli.sweeping import read_sweep

    if output is None or output == "-":
        raise UsageError("a sweep is a folder: name the one to make, or to go on with, by --output SWEEP")
    sweep, folder = read_sweep(config), Path(output)
    if not (folder / JOURNAL).exists():
        options.check_folder(output)
        folder.mkdir(parents=True, exist_ok=True)
    journal = Journal.open(folder, sweep.plan)
    running = Running(
        journal,
        sweep.measure,
        lambda trial, resume: _trial(sweep, trial, folder, resume=resume),
        environment=_threads(jobs),
        done=lambda: _show(sweep, journal),
        say=lambda message: say(message, quiet=quiet),
    )
    with going_on("sweep", config, "-o", output, *(["-j", str(jobs)] if jobs > 1 else [])):
        running.run(sweep.trials, jobs=jobs, again=again)
    print(aligned(_show(sweep, journal)))  # noqa: T201
    _conclude(sweep, journal, quiet=quiet)


def _trial(sweep: Sweep, trial: Trial, folder: Path, *, resume: bool) -> list[str]:
    """What trains one trial, or goes on with it; its settings stand in a file beside its run."""
    import tomli_w

    from textkit_cli.trainings import arguments

    settings, run = folder / f"{trial.name}.toml", folder / trial.name
    atomic.write_text(settings, tomli_w.dumps(trial.settings))
    given = arguments(sweep.command, sweep.inputs, config=settings, run=run, resume=resume)
    return [sys.executable, "-m", "textkit_cli.trial", *given]


def _threads(jobs: int) -> dict[str, str]:
    """Trials at the same time share the cores, unless somebody has said how many threads there are to be."""
    if jobs == 1 or "OMP_NUM_THREADS" in os.environ:
        return {}
    return {"OMP_NUM_THREADS": str(max((os.cpu_count() or 1) // jobs, 1))}


def _show(sweep: Sweep, journal: Journal) -> list[list[str]]:
    """The table, also as a file with a picture beside it."""
    from textkit.tasks.sweep.plot import draw_sweep
    from textkit.tasks.sweep.table import as_tsv, rows

    table = rows(sweep.trials, journal.outcomes, sweep.measure)
    atomic.write_text(journal.folder / "sweep.tsv", as_tsv(table))
    draw_sweep(sweep.trials, journal.outcomes, sweep.measure, journal.folder / "sweep.png")
    return table


def _conclude(sweep: Sweep, journal: Journal, *, quiet: bool) -> None:
    from textkit.tasks.sweep.table import ranked

    best = ranked(sweep.trials, journal.outcomes, sweep.measure)[0].name
    if journal.outcomes[best].figure is None:
        raise TextkitError(f"{journal.folder}: no trial came to its end; see {best}.log there")
    failed = [each for each in sweep.trials if journal.outcomes[each.name].state == "failed"]
    if failed:
        say(f"{len(failed)} of {len(sweep.trials)} trials failed; --again tries them once more", quiet=quiet)
    say(
        f"the best is {journal.folder / best}; its figure was chosen, so measure it anew on test texts",
        quiet=quiet,
    )
