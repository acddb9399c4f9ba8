"""What a chapter is given to work with: a seed, data, and a place for its pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from textkit import atomic
from textkit.data.images import Images
from textkit.data.table import Table
from textkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Study:
    """`plots` is the folder for pictures, None to draw none.

    `notes` collects what a chapter says besides its figures, `pictures` the files that it drew.
    """

    seed: int = 1
    given: Table | Images | None = None
    plots: Path | None = None
    notes: list[str] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The table that was given; raises UsageError where there is none."""
        if not isinstance(self.given, Table):
            raise UsageError("this chapter needs a table: give a CSV file with --data")
        return self.given

    @property
    def images(self) -> Images:
        """The images that were given; raises UsageError where there are none."""
        if not isinstance(self.given, Images):
            raise UsageError(
                "this chapter needs images: give the folder of the idx files (such as "
                "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz) with --data"
            )
        return self.given

    def note(self, text: str) -> None:
        """Say something besides the figures: one line."""
        self.notes.append(text)

    def draw(
        self, name: str, paint: Callable[[Figure], None], *, size: tuple[float, float] = (6.4, 4.2)
    ) -> None:
        """Let `paint` draw on an empty figure, `size` in inches, that becomes `name`.png.

        Nothing happens where no pictures are wanted.

        Raises TextkitError when it cannot be written.
        """
        if self.plots is None:
            return
        from matplotlib import rc_context
        from matplotlib.figure import Figure  # not pyplot: no global state, no display

        from textkit.explain.fonts import chinese_font, families

        with rc_context({"font.family": families(chinese_font()), "axes.unicode_minus": False}):
            figure = Figure(figsize=size, layout="constrained")
            paint(figure)
            self.plots.mkdir(parents=True, exist_ok=True)
            picture = self.plots / f"{name}.png"
            with atomic.writing(picture) as path:
                figure.savefig(path, format="png", dpi=144)
            self.pictures.append(picture)
