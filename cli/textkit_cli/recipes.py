"""How a run was made, in a line: what has the same is the same."""

from __future__ import annotations

from textkit_cli.console import say


def say_recipe(run: str, *, quiet: bool) -> None:
    """The recipe of the run at `run`, if it is there, on standard error."""
    if not quiet and (told := recipe_of(run)):
        say(told)


def recipe_of(run: str) -> str:
    """The recipe of a run; nothing for one of an earlier version, and for models that are no runs."""
    from pathlib import Path

    from textkit.train import recipe
    from textkit.train.checkpoint import MANIFEST, RunFolder

    return recipe.line(RunFolder.open(run).document) if (Path(run) / MANIFEST).exists() else ""
