"""What a translator looked at, as a picture of each of the first lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textkit_cli.console import say

if TYPE_CHECKING:
    from textkit.tasks.translation import Translation

PICTURES = 20  # at most


class AttentionPictures:
    """The attention of the first lines, drawn when all is done."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder
        self.kept: list[tuple[int, Translation]] = []
        self.seen = 0

    def add(self, found: Sequence[Sequence[Translation]]) -> None:
        """Keep what is to be drawn."""
        if self.folder is None:
            return
        for each in found:
            self.seen += 1
            if each[0].attention is not None and len(self.kept) < PICTURES:
                self.kept.append((self.seen, each[0]))

    def draw(self, *, quiet: bool) -> None:
        """Write line-N.png for each into a new folder."""
        if self.folder is None:
            return
        from textkit import atomic
        from textkit.explain.fonts import MISSING, chinese_font
        from textkit.tasks.translation.attention_plot import draw_attention

        tokens = "".join(token for _, each in self.kept for token in (*each.source_tokens, *each.tokens))
        if chinese_font() is None and any("\u3040" <= letter <= "\u9fff" for letter in tokens):
            say(MISSING, quiet=quiet)
        with atomic.writing_folder(self.folder) as folder:
            for number, each in self.kept:
                draw_attention(each, Path(folder) / f"line-{number}.png")
