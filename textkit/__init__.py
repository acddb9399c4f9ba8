"""textkit: from raw text to tokens, vocabularies, language models, classifiers, taggers and translators.

The folders are floors, named by the shape of the data: `text` (strings and tokens), `data` (ids),
`models` (tensors), `lm` and `decode` (distributions), `train` and `explain`, `tasks` (whole stories).
Each floor imports only the floors below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from pathlib import Path

    from textkit.tasks.classification import SavedClassifier
    from textkit.tasks.language_model import SavedModel
    from textkit.tasks.tagging.saved import SavedTagger
    from textkit.tasks.translation.saved import SavedTranslator

__version__ = "0.1.0"


@overload
def load(path: Path | str) -> Any: ...
@overload
def load(path: Path | str, kind: Literal["language model"]) -> SavedModel: ...
@overload
def load(path: Path | str, kind: Literal["classifier"]) -> SavedClassifier: ...
@overload
def load(path: Path | str, kind: Literal["tagger"]) -> SavedTagger: ...
@overload
def load(path: Path | str, kind: Literal["translator"]) -> SavedTranslator: ...
def load(
    path: Path | str, kind: Literal["language model", "classifier", "tagger", "translator"] | None = None
) -> SavedModel | SavedClassifier | SavedTagger | SavedTranslator:
    """What a run folder holds: a language model to `score` and `generate` with, a classifier, a tagger or
    a translator.

    An n-gram model may also lie in a model folder or an ARPA file. To say the `kind` makes anything else
    an error, and tells a type checker what comes back.

    Raises CheckpointError when it is missing, damaged or of another kind, InputError for a faulty ARPA file.

    >>> load("no-such-run")
    Traceback (most recent call last):
    textkit.errors.CheckpointError: no-such-run: there is no such run, model folder or ARPA file
    """
    found = kind or _kind(path)
    if found == "classifier":
        from textkit.tasks.classification import load_classifier

        return load_classifier(path)
    if found == "tagger":
        from textkit.tasks.tagging.saved import load_tagger

        return load_tagger(path)
    if found == "translator":
        from textkit.tasks.translation.saved import load_translator

        return load_translator(path)
    from textkit.tasks.language_model import load_model

    return load_model(path)


def _kind(path: Path | str) -> str:
    """What kind of run a folder is; "language model" for what is no run."""
    from pathlib import Path

    from textkit.train.checkpoint import MANIFEST, RunFolder

    kind = RunFolder.open(path).kind if (Path(path) / MANIFEST).exists() else ""
    return kind if kind in ("classifier", "tagger", "translator") else "language model"
