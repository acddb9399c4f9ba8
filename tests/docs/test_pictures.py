"""Pictures with Chinese words: a font that came after matplotlib made its list of fonts is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import font_manager

from textkit.explain import fonts


def test_a_font_that_matplotlib_has_not_listed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {Path(path) for path in font_manager.findSystemFonts()}
    if not any(path.stem.startswith("NotoSansCJK") for path in installed):
        pytest.skip("no Noto Sans CJK on this machine")
    manager = font_manager.fontManager
    plain = [entry for entry in manager.ttflist if entry.name == fonts.PLAIN]
    monkeypatch.setattr(manager, "ttflist", plain)
    monkeypatch.setattr(font_manager, "get_font_names", lambda: [fonts.PLAIN])
    found = fonts.chinese_font.__wrapped__()
    assert found in fonts.NAMES
    assert found in {entry.name for entry in manager.ttflist}
