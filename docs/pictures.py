"""Makes the pictures of the guides from bundled corpora: python docs/pictures.py [NAME]

A developer's script. The pictures are committed; few colours keep each below 60 kB.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

import textkit_corpora
from textkit_cli.main import main

PICTURES = Path(__file__).with_name("pictures")
COLOURS = 64
REVIEW = "快递很慢，但是音质很好，没让我失望"


def textkit(options: str, *files: object) -> None:
    """Run a command: its name and options, then options whose values may hold blanks; end where it fails."""
    if main([*options.split(), *(str(file) for file in files)]):
        sys.exit(1)


def keep(drawn: Path, name: str) -> None:
    """Put a picture among those of the guides."""
    with Image.open(drawn) as image:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
        white.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / name, optimize=True)
    print(name, (PICTURES / name).stat().st_size, "bytes")  # noqa: T201


def curve(work: Path) -> None:
    """The learning curve of a small LSTM on all of prose-en."""
    prose = textkit_corpora.load("prose-en")
    options = "train-lm --model lstm --tokenizer regex --embedding 64 --dropout 0.2 --epochs 6 -q"
    textkit(options, prose.path("train"), "--valid", prose.path("valid"), "-o", work / "lm")
    keep(work / "lm" / "curve.png", "curve.png")


def explanation(work: Path) -> None:
    """Why a review counts as good."""
    textkit("train-classifier -q", textkit_corpora.load("reviews-zh").path("train"), "-o", work / "reviews")
    drawn = work / "why.png"
    textkit("explain -q", work / "reviews", "--text", REVIEW, "--png", drawn, "-o", work / "why.txt")
    keep(drawn, "explanation.png")


def attention(work: Path) -> None:
    """Which English piece each French one looked at."""
    pairs = textkit_corpora.load("pairs-en-fr")
    options = "train-nmt --width 64 --layers 1 --vocab-size 2000 --dropout 0 --batch-tokens 400 --epochs 8 -q"
    files = ("--pairs", pairs.path("train"), "--valid-pairs", pairs.path("valid"))
    textkit(f"{options} --learning-rate 0.008", *files, "-o", work / "french")
    english = work / "english.txt"
    english.write_text("I did not fall in front of the tower.\n", encoding="utf-8")
    looked = work / "looked"
    textkit("translate -q", work / "french", english, "--attention", looked, "-o", work / "french.txt")
    keep(looked / "line-1.png", "attention.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for draw in (curve, explanation, attention):
            if draw.__name__ in (sys.argv[1:] or [draw.__name__]):
                draw(Path(folder))
