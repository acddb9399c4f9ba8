"""`textkit explain`: which words decided, in a text or in general."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import explaining, options
from textkit_cli.console import say
from textkit_cli.labelled import LabelColumn, TextColumn, read_labelled_texts
from textkit_corpora.compression import check_file
from textkit_corpora.labelled import read_texts
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.explain.attribution import Attribution

METHODS = ("contributions", "integrated-gradients", "saliency", "gradient-x-input", "leave-one-out")


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-classifier.")],
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Texts, one a line or a column; - for standard input."),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="A text to explain; may be repeated.", show_default=False),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="contributions: exact, of linear and fast; saliency, gradient-x-input and "
            "integrated-gradients: of networks; leave-one-out: of all.  [default: contributions, or "
            "integrated-gradients]",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="What to explain.  [default: the answer]", show_default=False),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, help="List N words for the answer, N against it.")
    ] = 5,
    overall: Annotated[
        bool,
        typer.Option("--global", help="The words that drive each class: of linear and fast, or over FILE."),
    ] = False,
    mistakes: Annotated[
        bool, typer.Option("--mistakes", help="What the wrong answers on a labelled FILE have in common.")
    ] = False,
    units: Annotated[
        bool, typer.Option("--units", help="The phrases of FILE that a network's hidden units look for.")
    ] = False,
    html: Annotated[
        str | None, typer.Option(metavar="F", help="Write a page with coloured words.", show_default=False)
    ] = None,
    png: Annotated[
        str | None, typer.Option(metavar="F", help="Draw the one text that is given.", show_default=False)
    ] = None,
    colour: Annotated[
        str, typer.Option("--color", metavar="auto|always|never", help="auto: on a terminal, not NO_COLOR.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
    output: options.Output = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Show which words decided: green for the answer, red against it, by strength.

    Numbers are what a word adds to the answer's score less that of the next best label. Contributions and
    integrated gradients account for all of it: the words and "no word" (the bias, the baseline) sum to
    the margin. Where there is no colour, [+word] speaks for the answer and [-word] against it, with up
    to four marks. --global, --mistakes and --units look at many texts instead. --json says where each
    word stands, in characters of the text.
    """
    flags = {"--global": overall, "--mistakes": mistakes, "--units": units}
    modes = [name for name, wanted in flags.items() if wanted]
    if len(modes) > 1:
        raise UsageError(f"{modes[0]} and {modes[1]} exclude each other")
    options.choose("colour", colour, explaining.COLOURS)
    if method is not None:
        options.choose("method", method, METHODS)
    if modes and (text or html or png):
        raise UsageError(
            f"{modes[0]} looks at the texts of a FILE, and prints; leave out --text, --html, --png"
        )
    if label_column is not None and not mistakes:
        raise UsageError("--label-column goes with --mistakes, which needs labels")
    _check_unheeded(modes, method=method, target=target, weights=overall and file is None)
    if bool(text) == (file is not None) and not (overall and not text and file is None):
        raise UsageError("give the texts to explain: as --text, or in a FILE (- for standard input)")
    for option, name, suffix in (("--html", html, ".html"), ("--png", png, ".png")):
        if name is not None and not name.lower().endswith(suffix):
            raise UsageError(f"{option} {name}: name a {suffix} file")
    options.keep_apart({"--output": output, "--html": html, "--png": png}, [file] if file else [])
    given = [_decoded(each) for each in text or ()]
    if file is not None:
        check_file(file)
    from textkit.tasks.classification import load_classifier

    saved = load_classifier(run)
    shown = explaining.Showing(top=top, colour=explaining.in_colour(colour), as_json=as_json)
    with open_output(output) as out:
        if mistakes:
            labelled, _ = read_labelled_texts(
                str(file),
                text_column=text_column,
                label_column=label_column,
                errors=errors,
                labels=saved.labels,
            )
            explaining.write_mistakes(saved, labelled, out, shown)
            return
        texts = iter(given) if file is None else read_texts(file, text_column=text_column, errors=errors)
        if units:
            explaining.write_units(saved, list(texts), out, shown)
        elif overall:
            explaining.write_driving(saved, None if file is None else texts, out, shown, method=method)
        else:
            explained: Iterable[Attribution] = explaining.explained(
                saved, texts, method=method, target=target
            )
            if html or png:
                explained = kept = list(explained)
                _draw(kept, html=html, png=png, title=f"textkit explain {run}", top=top, quiet=quiet)
            explaining.write_attributions(explained, out, shown)


def _check_unheeded(modes: list[str], *, method: str | None, target: str | None, weights: bool) -> None:
    """Raise UsageError for what one of `modes` would not heed; `weights`: --global without texts."""
    if not modes:
        return
    if target is not None:
        raise UsageError(f"{modes[0]} looks at every class; leave out --target")
    if method is not None and weights:
        raise UsageError("--global without a FILE shows the classifier's weights; leave out --method")
    if method is not None and modes[0] != "--global":
        raise UsageError(f"{modes[0]} has a way of its own; leave out --method")


def _decoded(text: str) -> str:
    """An argument as text; raises UsageError for bytes that are none."""
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError as error:
        raise UsageError("--text is not valid UTF-8; write the text to a file, and see --errors") from error


def _draw(
    attributions: Sequence[Attribution],
    *,
    html: str | None,
    png: str | None,
    title: str,
    top: int,
    quiet: bool,
) -> None:
    if html is not None:
        from textkit import atomic
        from textkit.explain.html import page

        atomic.write_text(html, page(attributions, title=title, top=top))
    if png is None:
        return
    if len(attributions) != 1:
        raise UsageError(f"--png draws one text, and {len(attributions)} are given; --html shows them all")
    from textkit.explain.fonts import MISSING, chinese_font
    from textkit.explain.picture import draw

    if chinese_font() is None and not attributions[0].text.isascii():
        say(MISSING, quiet=quiet)
    draw(attributions[0], png, top=top)
