"""textkit: from raw Chinese or English text to tokens, vocabularies and language models.

The folders are floors, named by the shape of the data: `text` (strings and tokens), `data` (ids),
`models` (tensors), `lm` and `decode` (distributions), `train`, `tasks` (whole stories). Each floor
imports only the floors below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from textkit.tasks.language_model import SavedModel

__version__ = "0.1.0"


def load(path: Path | str) -> SavedModel:
    """The model of a run folder, a model folder or an ARPA file, ready to `score` and `generate`.

    Raises CheckpointError when it is missing or damaged, InputError for a faulty ARPA file.

    >>> load("no-such-run")
    Traceback (most recent call last):
    textkit.errors.CheckpointError: no-such-run: there is no such run, model folder or ARPA file
    """
    from textkit.tasks.language_model import load_model

    return load_model(path)
