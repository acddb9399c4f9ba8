"""A run of one kind is never taken for one of another, and it is said which command is for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from textkit.errors import CheckpointError
from textkit.tasks.kinds import KINDS, check_kind
from textkit.train.checkpoint import RunFolder


@pytest.mark.parametrize("wanted", [*KINDS, "language model"])
def test_every_kind_is_told_from_every_other(wanted: str) -> None:
    for kind in (*KINDS, "lstm"):
        run = RunFolder(Path("run"), {"kind": kind})
        if kind == wanted or (kind, wanted) == ("lstm", "language model"):
            check_kind(run, wanted)
            continue
        with pytest.raises(CheckpointError, match=f"run: holds a .*, not a {wanted}; .*textkit "):
            check_kind(run, wanted)


def test_the_command_for_it_is_named() -> None:
    translator = RunFolder(Path("run"), {"kind": "translator"})
    with pytest.raises(CheckpointError, match="translator, not a tagger; textkit translate is for it"):
        check_kind(translator, "tagger")
    model = RunFolder(Path("run"), {"kind": "ngram"})
    message = r"a language model \(ngram\), not a translator; train one with textkit train-nmt"
    with pytest.raises(CheckpointError, match=message):
        check_kind(model, "translator")
