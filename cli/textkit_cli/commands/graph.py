"""`textkit graph`: what the network of a run computes, as a drawing or as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run folder of a network: of any training command.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File to write: a drawing, or ONNX where the name ends in .onnx; none or - for the drawing "
            "on standard output.",
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Open modules so many levels deep: 0 shows the network as one box.  [default: 1]",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Draw the computation graph of a trained network as SVG, or write the network as ONNX.

    A box is a module or an operation, with the shape of what comes out of it: an example of two rows
    flows through the network.

    An ONNX file is compared with the network before it is written. A language model's does one step, see
    lm-convert; a classifier's makes logits of ids and lengths; a tagger's makes scores of each tag.
    """
    onnx = output is not None and Path(output).suffix == ".onnx"
    if onnx and depth is not None:
        raise UsageError("--depth is for drawings; an ONNX file has everything")
    if output not in (None, "-") and not (
        Path(output or "").absolute().parent.is_dir() and not Path(output or "").is_dir()
    ):
        raise UsageError(f"{output}: name a file in a folder that exists")
    if output is not None and Path(output).suffix not in ("", ".svg", ".onnx"):
        raise UsageError(f"{output}: a drawing is SVG and the other form ONNX; end the name in .svg or .onnx")
    from textkit.tasks.graphs import draw_run, export_run

    if onnx:
        assert output is not None
        difference = export_run(run, output)
        say(
            f"{output} is written; its numbers differ from the network's by {difference:.1g} at most",
            quiet=quiet,
        )
        return
    from textkit_corpora.writers import open_output

    svg = draw_run(run, depth=1 if depth is None else depth)
    with open_output(output) as file:
        file.write(svg)
