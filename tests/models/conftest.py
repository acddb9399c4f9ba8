"""How the tests of the cross entropy have it computed: fused, by torch, in small chunks."""

from __future__ import annotations

import pytest

from textkit.models import fused_cross_entropy as module


@pytest.fixture
def fused_however_few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "left_to_torch" not in request.fixturenames:
        monkeypatch.setattr(module, "_FEW", 0)


@pytest.fixture
def left_to_torch() -> None:
    """A few logits, as they are."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._ROWS, "cpu", 7)
    monkeypatch.setattr(module, "_COLUMNS", 64)
    monkeypatch.setattr(module, "_PIECE", 64)
