"""A font that has Chinese characters, for pictures."""

from __future__ import annotations

import functools
import importlib.util
import logging
from pathlib import Path

NAMES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK JP",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti",
    "Microsoft YaHei", "SimHei", "SimSun", "DengXian", "AR PL UMing CN", "Droid Sans Fallback",
    "Noto Serif CJK SC", "Source Han Serif SC", "Arial Unicode MS",
)  # fmt: skip
PLAIN = "DejaVu Sans"  # matplotlib has it always
MISSING = (
    "no font with Chinese characters was found: they are drawn as \\u escapes; install one "
    "(Noto Sans CJK, WenQuanYi), or: pip install 'textkit-nlp[fonts]'"
)


@functools.cache
def chinese_font() -> str | None:
    """The name, known to matplotlib, of an installed font with Chinese characters; None if there is none.

    Fonts of the system come first, then those in the package mplfonts, where that is installed.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    for name in NAMES:
        if name in known:
            return name
    for path in (*_new(), *_bundled()):
        try:
            font_manager.fontManager.addfont(path)
            return font_manager.FontProperties(fname=path).get_name()
        except (OSError, RuntimeError):  # no font file: look at the next
            continue
    return None


def _new() -> list[Path]:
    """Font files of the system that came after matplotlib made its list of fonts, which it keeps."""
    from matplotlib import font_manager

    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    chinese = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy")
    paths = (Path(path) for path in sorted(font_manager.findSystemFonts()) if path not in listed)
    return [path for path in paths if path.stem.startswith(chinese)]


def _bundled() -> list[Path]:
    """Font files of mplfonts, not imported: it would change matplotlib's settings."""
    try:
        found = importlib.util.find_spec("mplfonts")
    except (ImportError, ValueError):
        return []
    if found is None or found.origin is None:
        return []
    files = Path(found.origin).parent.rglob("*.[ot]tf")
    chinese = (path for path in files if "CJK" in path.name or "Han" in path.name)
    return sorted(chinese, key=lambda path: ("Mono" in path.name, "Sans" not in path.name, path.name))


def families(font: str | None) -> list[str]:
    """For matplotlib: `font`, then the one that comes with it for what the first lacks."""
    return [PLAIN] if font is None else [font, PLAIN]


def drawable(text: str, font: str | None) -> str:
    r"""`text`, with escapes for characters that neither `font` nor matplotlib's own can draw.

    >>> print(drawable("好 ok", None))
    \u597d ok
    """
    drawn = _drawn(font)
    return "".join(c if ord(c) in drawn else c.encode("ascii", "backslashreplace").decode() for c in text)


@functools.cache
def _drawn(font: str | None) -> frozenset[int]:
    from matplotlib import font_manager

    paths = [font_manager.findfont(name) for name in families(font)]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())
