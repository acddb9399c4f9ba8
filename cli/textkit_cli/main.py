"""The `textkit` command: finds the command that is named, runs it, and turns what goes wrong into one line.

How a command is made. The table COMMANDS holds its name and one line of help. `textkit NAME` imports
`textkit_cli.commands.NAME` (hyphens become underscores) and takes `command` from it: a function with
typer annotations, whose docstring is its help, or a `typer.Typer` where there are sub-commands; and
`Command`, a TyperCommand, where the arguments need reading of another kind. The
module imports typer, `textkit_cli.options` and other light things at its head, and whatever is heavy
(torch, spacy, numpy, ...) inside the function, after checking the arguments that can be checked
without it. A command writes data to standard output or to a file, through `open_output`, messages to
standard error, and returns nothing; it raises TextkitError for what the user can mend.

Exit status: 0 done, 1 bad input or a failure, 2 bad usage, 130 Ctrl-C, 143 SIGTERM, 141 the reader of
our output went away. TEXTKIT_DEBUG=1 shows tracebacks.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Annotated, Any, BinaryIO

import typer
import typer.main
from typer.core import TyperGroup

import textkit
from textkit.errors import Interrupted, TextkitError, UsageError, is_nul, printable, unknown_name
from textkit_cli.signals import Terminated, heeding_signals

COMMANDS = {
    "tokenize": "Split text into tokens, one line out per line in.",
    "vocab": "Count the tokens of text and write a vocabulary.",
    "train-tokenizer": "Train a subword tokenizer (unigram or BPE) on text.",
    "train-lm": "Train a language model, n-gram or neural, on text.",
    "lr-range": "Try growing learning rates on a network and a text.",
    "score": "Score text with a trained model: perplexity, bits.",
    "compare": "Compare language models of any kind on the same text.",
    "filter": "Keep the part of a corpus that a language model finds likeliest.",
    "generate": "Continue a prompt with a trained language model.",
    "lm-info": "Describe a language model.",
    "lm-prune": "Make an n-gram model smaller by what its n-grams are worth.",
    "lm-mix": "Mix n-gram models, with weights tuned on held-out text.",
    "lm-convert": "Convert a language model: run, ARPA text, binary folder, ONNX.",
    "train-classifier": "Train a classifier of texts, linear or neural, on labelled texts.",
    "classify": "Give every text of a file a label and its probability.",
    "evaluate": "Measure a classifier on labelled texts.",
    "explain": "Show which words decided, in a text or in general.",
    "attack": "Measure how little must change before a classifier errs.",
    "audit": "Look for what would make a number reported on labelled texts false.",
    "train-tagger": "Train a tagger of words on tagged sentences.",
    "tag": "Tag the words of a text: names, places, times.",
    "train-nmt": "Train a translator on pairs of sentences.",
    "translate": "Translate text with a trained translator, one line out per line in.",
    "bleu": "Measure translations against references: BLEU, chrF, TER.",
    "nmt-convert": "Convert a translator for CTranslate2, also with 8-bit weights.",
    "sweep": "Train over a grid or sample of settings and compare.",
    "report": "Write a run as one HTML file: recipe, results, curves, samples.",
    "verify": "Check that runs are undamaged and answer as when their training ended.",
    "graph": "Draw the computation graph of a trained network, or write it as ONNX.",
    "chapter": "List, describe and run the chapters of the course.",
    "corpora": "List, describe and locate the sample corpora.",
    "doctor": "Check this installation: versions, caches, compiled code, and say what to do.",
}


class LazyGroup(TyperGroup):
    """A command whose sub-commands are named in a table and imported one at a time."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import a command; None for a name that is not in the table."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"textkit_cli.commands.{cmd_name.replace('-', '_')}")
        several = isinstance(module.command, typer.Typer)
        made = module.command if several else typer.Typer(add_completion=False, rich_markup_mode=None)
        if not several:
            made.command(name=cmd_name, cls=getattr(module, "Command", None))(module.command)
        command = typer.main.get_command(made)
        if "_TEXTKIT_COMPLETE" in os.environ:
            from textkit_cli.completion import offer

            offer(command, cmd_name)
        return command

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """What a shell may offer: the names of the table, without importing a command; or options."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        fitting = (name for name in COMMANDS if name.startswith(incomplete))
        return [SimpleNamespace(value=name, type="plain", help=COMMANDS[name]) for name in fitting]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` name; raises UsageError, with the nearest name, for an unknown one."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise unknown_name("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The table as help, without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"textkit {textkit.__version__}")
        raise typer.Exit


@app.callback()
def _textkit(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """From raw Chinese or English text to tokens, language models, classifiers, taggers and translators."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `textkit` with `arguments`, else those of the process, and return its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    # torch's threads wait for each other by spinning unless told otherwise, and when something else wants the
    # cores, training gets ten times slower. Must be said before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Processes we start must not import what happens to lie in the current folder.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    # Compiled code would have colorama write to the terminal when we end.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")
    if "_TEXTKIT_COMPLETE" in os.environ:  # a shell asks how to go on
        try:
            typer.main.get_command(app).main(args=arguments, prog_name="textkit")
        except Exception:  # a prompt is no place for a traceback
            return 1
    try:
        with (
            heeding_signals(),
            _closed_stdout_fails(),
            (group := typer.main.get_command(app)).make_context("textkit", arguments.copy()) as context,
        ):
            group.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except typer.Exit as error:
        return int(error.exit_code)
    except (Exception, KeyboardInterrupt, Terminated) as error:
        if os.environ.get("TEXTKIT_DEBUG"):
            traceback.print_exc()
        message, status = _explain(error, arguments)
        if isinstance(error, OSError):
            _abandon_stdout()
        if message:
            _complain(message)
        return status
    return 0


def _explain(error: BaseException, arguments: list[str]) -> tuple[str, int]:
    """What to tell the user, and the exit status."""
    known = [name for name in arguments[:1] if name in COMMANDS]
    hint = f" (try '{' '.join(['textkit', *known])} --help')"
    match error:
        case Interrupted():
            return str(error), error.status
        case UsageError():
            return f"error: {error}{hint}", 2
        case TextkitError():
            return f"error: {error}{_room(error)}", 1
        case KeyboardInterrupt():
            return "; ".join(["interrupted", *_notes(error)]), 128 + signal.SIGINT
        case Terminated():
            return "; ".join(["terminated", *_notes(error)]), 128 + signal.SIGTERM
        case BrokenPipeError():
            return "", 128 + 13  # SIGPIPE, which Windows lacks
        case OSError() if error.errno == errno.ENOSPC:
            return f"error: {error.filename or 'output'}: no space left on device", 1
        case OSError() if error.strerror:
            return f"error: {error.filename or 'input or output'}: {error.strerror.lower()}", 1
        case ValueError() if is_nul(error):
            return "error: a name holds a NUL, which no file's name can; name another", 1
        case RuntimeError() if "can't allocate memory" in str(error):  # torch's way to say it
            return "error: out of memory; use a smaller model, shorter windows or fewer samples", 1
        case MemoryError():
            return "error: out of memory; use shorter lines, a smaller model or fewer jobs", 1
    if hasattr(error, "format_message"):  # typer's own errors, whose classes moved between its versions
        return f"error: {error.format_message().rstrip('.')}{hint}", 2
    kind = type(error).__name__
    return f"internal error: {kind}: {error}; please report it; TEXTKIT_DEBUG=1 shows the traceback", 1


def _room(error: TextkitError) -> str:
    """What to do where a disk, or a user's share of it, is full, and the message does not go on to say it."""
    cause = error.__cause__
    if not isinstance(cause, OSError) or cause.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ""
    told = not str(error).endswith((cause.strerror or "").lower())
    return "" if told else "; free some room or name a place on another disk"


class _Closed(io.TextIOBase):
    """Standard output where it is closed: print() would let what was asked for vanish, with status 0."""

    def write(self, _text: str, /) -> int:
        """Never works."""
        raise TextkitError("standard output: is closed; send it to a file, or to /dev/null")

    @property
    def buffer(self) -> BinaryIO:
        """There is none."""
        self.write("")
        raise AssertionError


@contextlib.contextmanager
def _closed_stdout_fails() -> Iterator[None]:
    """While it lasts, writing to a standard output that is closed is an error; else it takes UTF-8.

    It does whatever the locale. What UTF-8 cannot say, as a file's name in another encoding, is spelt out.
    """
    if sys.stdout is not None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        yield
        return
    sys.stdout = _Closed()
    try:
        yield
    finally:
        sys.stdout = None


def _notes(error: BaseException) -> list[str]:
    """What was added to it on its way: how to go on."""
    return list(getattr(error, "__notes__", []))


def _complain(message: str) -> None:
    """One line on standard error, whatever the message holds."""
    if sys.stderr is None:  # print() would turn to standard output
        return
    with contextlib.suppress(OSError, ValueError):
        print(f"textkit: {printable(message)}", file=sys.stderr, flush=True)  # noqa: T201


def _abandon_stdout() -> None:
    """Point standard output at nothing, so that flushing it when Python ends cannot fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
