"""`textkit lr-range`: which learning rates let a network's loss fall."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from textkit.errors import UsageError
from textkit.tasks.language_model import LanguageModelConfig
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.reading import read_text
from textkit_cli.settings import gather_settings, with_settings
from textkit_corpora.writers import open_output


def _range(
    files: options.Files = None,
    plot: Annotated[str | None, typer.Option(metavar="PNG", help="Draw the losses.")] = None,
    lowest: Annotated[float, typer.Option(help="Where to begin.")] = 1e-6,
    highest: Annotated[float, typer.Option(help="Where to end, unless the loss runs away before.")] = 100.0,
    tries: Annotated[int, typer.Option(min=10, help="Updates to make on the way.")] = 120,
    output: options.Output = None,
    config: options.Config = None,
    tokenizer_option: options.TokenizerOptions = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Try growing learning rates on the network and text of a training, and suggest one.

    Takes the settings of train-lm; nothing is kept of the training. Prints a learning rate and the
    smoothed loss (nats) a line, by a tab. The suggestion is a tenth of the rate where the loss was
    lowest: the highest that is still stable, with some room.
    """
    if plot is not None and (Path(plot).is_dir() or not Path(plot).absolute().parent.is_dir()):
        raise UsageError(f"--plot {plot}: name a file in a folder that exists")
    read = [*options.inputs(files), *([config] if config else [])]
    options.keep_apart({"--output": output, "--plot": plot}, read)
    checked = gather_settings(LanguageModelConfig, settings, config=config, tokenizer_option=tokenizer_option)
    from textkit.tasks.language_model.learning_rates import try_learning_rates
    from textkit.train.range_test import draw_range_test

    text = read_text(files, field=field, errors=errors)
    found = try_learning_rates(text, checked, lowest=lowest, highest=highest, steps=tries)
    with open_output(output) as file:
        for rate, loss in zip(found.rates, found.losses, strict=True):
            print(f"{rate:.4g}\t{loss:.4f}", file=file)
    if plot is not None:
        draw_range_test(found, Path(plot))
    edge = "; the loss was still falling there, so look further up" if found.at_edge else ""
    say(f"try --learning-rate {found.suggestion:.2g}{edge}", quiet=quiet)


command = with_settings(LanguageModelConfig)(_range)
