"""n-gram models as files: a run folder, a model folder or ARPA text in; a model folder or ARPA text out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textkit import atomic
from textkit.errors import CheckpointError, UsageError
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import HEADER, fill_ngram, load_ngram, read_header
from textkit.lm.ngram_text import check_packing
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.train.checkpoint import MANIFEST, RunFolder

_ARPA_SUFFIXES = (".arpa", ".gz")
RECIPE = "pipeline.json"
_KENLM_WORDS = Pipeline.of(WhitespaceTokenizer(unicode=False))


@dataclass(frozen=True, eq=False)
class SavedNgram:
    """An n-gram model, and the cleaning and tokenizing that leads from lines to its words."""

    model: NgramModel
    pipeline: Pipeline[str, list[str]]

    def signature(self) -> str:
        """Pipeline and vocabulary in one line, as runs record them."""
        vocab = self.model.vocab
        return f"{self.pipeline.signature()} | vocab of {len(vocab)} #{vocab.digest()}"


def read_ngram_file(path: Path | str) -> SavedNgram:
    """The n-gram model of a run folder, a model folder or an ARPA file, which may be gzipped.

    ARPA files, and folders that were written without, have for a pipeline the tokenizer that splits where
    KenLM does, at ASCII white space.
    Raises CheckpointError for what is missing or damaged, InputError with its line for a faulty ARPA
    file, UsageError for a run of another kind of model.
    """
    path = Path(path)
    if path.is_file():
        from textkit.lm.arpa.writer import read_arpa

        return SavedNgram(read_arpa(path), _KENLM_WORDS)
    if is_model_folder(path):
        return _read_folder(path)
    if not path.exists():
        raise CheckpointError(f"{path}: there is no such run, model folder or ARPA file")
    from textkit.tasks.language_model.ngram import load_ngram as load_of_run

    run = RunFolder.open(path)
    if run.kind != "ngram":
        raise UsageError(f"{path}: a model of the kind {run.kind}; this is for n-gram models")
    return SavedNgram(load_of_run(run), run.pipeline())


def is_model_folder(path: Path) -> bool:
    """Whether a path is a folder of an n-gram model's tables rather than a run."""
    return (path / HEADER).is_file() and not (path / MANIFEST).exists()


def _read_folder(path: Path) -> SavedNgram:
    digest = read_header(path).pipeline
    if not digest:
        return SavedNgram(load_ngram(path), _KENLM_WORDS)
    if not (path / RECIPE).exists() and (path.parent / MANIFEST).exists():
        raise CheckpointError(f"{path}: these are the tables of a run; name the run: {path.parent}")
    pipeline = Pipeline.load(path)
    if pipeline.digest() != digest:
        raise CheckpointError(f"{path / RECIPE}: not the pipeline of this model: its digest differs")
    return SavedNgram(load_ngram(path), pipeline)


def is_arpa_name(path: Path | str) -> bool:
    """Whether a model is written there as ARPA text; raises UsageError for another packing than .gz.

    >>> is_arpa_name("M.ARPA"), is_arpa_name("m.arpa.gz"), is_arpa_name("model")
    (True, True, False)
    """
    path = Path(path)
    check_packing(path)
    return path.suffix.lower() in _ARPA_SUFFIXES


def write_ngram_file(saved: SavedNgram, path: Path | str, *, quantise: bool = False) -> None:
    """Write ARPA text where the name ends in .arpa or .gz, else a new model folder with its pipeline.

    `quantise`: with 8-bit logarithms (see `textkit.lm.ngram.quantise`). Raises TextkitError when the folder
    exists already or nothing can be written there, UsageError for a model that ARPA cannot hold.
    """
    path, model = Path(path), saved.model
    if quantise:
        from textkit.lm.ngram.quantise import quantise as quantised

        model = quantised(model)
    if is_arpa_name(path):
        from textkit.lm.arpa import write_arpa

        write_arpa(model, path)
        return
    from textkit.tasks.language_model.saved import SavedModel
    from textkit.tasks.verification.probe import probe_or_none

    probe = probe_or_none("ngram", SavedModel(model, saved.pipeline))
    with atomic.writing_folder(path) as folder:
        fill_ngram(model, folder, pipeline=saved.pipeline.digest(), probe=probe)
        saved.pipeline.save(folder)
