"""What people write by hand: settings in TOML, sweeps, options on the command line."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from fuzz_targets.cleaning import text_of
from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.configuration import make_settings, read_settings
from textkit.tasks.language_model.config import LanguageModelConfig, make_config
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.durations import parse_duration
from textkit_cli.deciding import load_deciding
from textkit_cli.options import parse_size, parse_tokenizer_options
from textkit_cli.sweeping import read_sweep

CONFIG = b"""epochs = 3
seed = 1
learning_rate = 0.001
tokenizer = "regex"

[tokenizer_options]
pattern = "[a-z]+"
"""
SWEEPS = {
    "grid": b"""command = "train-classifier"
[inputs]
files = ["FILE"]
[settings]
epochs = 2
[grid]
cost = [0.5, 1.0]
seed = [1, 2]
""",
    "sample": b"""command = "train-classifier"
measure = "accuracy"
trials = 3
seed = 7
[inputs]
files = ["FILE"]
[sample]
cost = {low = 0.1, high = 10.0, log = true}
words = {low = 1, high = 2}
""",
}
HUGE = b"0x" + b"f" * 5000
_TOML_WORDS = (
    HUGE,
    b"9" * 5000,
    b"[" * 1500,
    b"nan",
    b"inf",
    b"1979-05-27",
    b'"\\u0000"',
    b"'''",
    b"{}",
    b"[[a]]",
    b"-1",
)
KINDS = {
    kind.__name__: kind for kind in (LanguageModelConfig, ClassifierConfig, TaggerConfig, TranslatorConfig)
}


def read_config(data: bytes, folder: Path) -> None:
    """Settings of every task; those that are taken are written, and read, the same."""
    path = placed(folder, "config.toml", data)
    with refusing(UsageError):
        settings = read_settings(path)
        for name, kind in KINDS.items():
            make: Callable[..., object] = make_config if name == "LanguageModelConfig" else _maker(kind)
            with refusing(UsageError):
                config = make(settings, source="config.toml")
                again = read_settings(placed(folder, "again.toml", config.toml().encode()))  # type: ignore[attr-defined]
                same(make(again, source="again.toml"), config, f"{name} written")


def _maker(kind: type) -> Callable[..., object]:
    return lambda settings, source: make_settings(kind, settings, source=source)


def read_plan(data: bytes, folder: Path) -> None:
    """Trials that differ, each with a name of its own."""
    texts = placed(folder, "texts.tsv", b"1\tfine\n0\tno\n")
    with refusing(UsageError, InputError):
        sweep = read_sweep(str(placed(folder, "sweep.toml", data.replace(b"FILE", str(texts).encode()))))
        names = [trial.name for trial in sweep.trials]
        holds(names and len(set(names)) == len(names), "trials of one name")
        holds(all("\n" not in trial.describe() for trial in sweep.trials), "a description of several lines")


def read_options(data: bytes, folder: Path) -> None:
    """Lengths of time, sizes of memory, weights, options of tokenizers."""
    from textkit.text.catalog import TOKENIZERS, make_tokenizer
    from textkit_cli.commands.lm_mix import _parsed

    text = text_of(data)
    with refusing(UsageError):
        holds(0 < parse_duration(text) < math.inf, "no length of time")
    with refusing(UsageError):
        holds(parse_size(text) >= 1_000_000, "a size below a megabyte")
    with refusing(UsageError):
        holds(all(isinstance(weight, float) for weight in _parsed(text)), "no numbers")
    with refusing(UsageError, CheckpointError):  # there is no such run
        load_deciding("no-such-run", threshold=text.split("\n"), unsure=0.0)
    with refusing(UsageError):
        options = parse_tokenizer_options(text.split(" "))
        for name in sorted(TOKENIZERS):
            if name != "regex":  # patterns have a target of their own
                with refusing(UsageError, InputError):
                    make_tokenizer(name, options)
    with refusing(UsageError, InputError):
        make_tokenizer(text, {})


TARGETS = (
    Target(
        "config",
        "config.toml of every task",
        read_config,
        lambda: {
            "config": CONFIG,
            "wrong": b'lerning_rate = 1\n"a\\nb" = 2\n',
            "flat": b"words = 2\nheads = 3\n",
        },
        (*_TOML_WORDS, b"preset", b"model", b"dropout", b"budget", b'"15m"', b"tokenizer_options.", b"prune"),
    ),
    Target(
        "sweep-plan",
        "the plan of a sweep",
        read_plan,
        lambda: SWEEPS,
        (
            *_TOML_WORDS,
            b"[grid]",
            b"[sample]",
            b"low",
            b"high",
            b"log = true",
            b"trials",
            b"1e308",
            b"-1e308",
            b"true",
        ),
    ),
    Target(
        "options",
        "values of options: times, sizes, weights, tokenizers",
        read_options,
        lambda: {
            name: name.encode()
            for name in ("1h30m", "0.5 GiB", "0.7,0.3", "mode=search hmm=false", "language=zh")
        },
        (
            b"h",
            b"m",
            b"s",
            b"G",
            b"KiB",
            b"9" * 400,
            b"e999",
            b"nan",
            b"=",
            b"mode=",
            b"language=",
            b"model=",
            "１".encode(),
        ),
        longest=64,
        memory=20000,
    ),
)
