"""Run folders: every file that a model is loaded from, with the right checksums and any contents."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fuzz_targets.mutation import JSON_WORDS
from fuzz_targets.run_templates import changed_run, kept_data, templates
from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import CheckpointError, TextkitError
from textkit.tasks.classification.saved import load_classifier
from textkit.tasks.classification.training import _load_texts
from textkit.tasks.language_model.saved import load_model
from textkit.tasks.sweep.trials import Journal, Measure, can_resume, figure_of
from textkit.tasks.tagging.training import _from_lines
from textkit.train.checkpoint import MANIFEST, RunFolder
from textkit.train.log import Log
from textkit.train.manifest import DIGEST, to_text
from textkit.train.training_state import TrainingState

_WORDS = (*JSON_WORDS, b'"../x"', b'""')
_TENSORS = (
    b'"F32"',
    b'"F16"',
    b'"I64"',
    b'"BOOL"',
    b'"shape":[2]',
    b'"data_offsets":[0,8]',
    b"\0\0\xc0\x7f",
    b"\xff" * 7,
)


def _use_classifier(path: Path) -> None:
    found = list(load_classifier(path).stream(["good room", "", "x"]))
    same(len(found), 3, "answers")


def _use_model(path: Path) -> None:
    model = load_model(path)
    with refusing(TextkitError):
        score = model.score(["to be", "or not"])
        holds(score.as_dict() is not None, "no score")


def _use_tagger(path: Path) -> None:
    from textkit.tasks.tagging.saved import load_tagger

    found = list(load_tagger(path).tag_lines(["to Oslo", ""]))
    same([len(each.tags) for each in found], [2, 0], "tags")


def _use_translator(path: Path) -> None:
    from textkit.tasks.translation.saved import load_translator

    with refusing(TextkitError):
        found = list(load_translator(path).score([("un deux", "one"), ("", "two x")]))
        same(len(found), 2, "scores")


_USES: dict[str, Callable[[Path], None]] = {
    "classifier": _use_classifier,
    "lm": _use_model,
    "tagger": _use_tagger,
    "translator": _use_translator,
}


def read_manifest(data: bytes, folder: Path) -> None:
    """A manifest of either run, under a digest that fits too; what is opened can be asked for everything."""
    for kind, use in _USES.items():
        _ask(changed_run(folder, kind, {MANIFEST: data}), use)
        _ask(changed_run(folder, kind, {MANIFEST: _resealed(data)}), use)


def _resealed(data: bytes) -> bytes:
    """The same JSON object under a digest that fits; the same bytes where they are none."""
    try:
        document = json.loads(data)
        document.pop(DIGEST, None)
        return to_text(document).encode()
    except (ValueError, AttributeError, TypeError, RecursionError):
        return data


def _ask(path: Path, use: Callable[[Path], None]) -> None:
    with refusing(CheckpointError):
        use(path)
    with refusing(CheckpointError):
        run = RunFolder.open(path)
        for ask in (
            run.config,
            run.pipeline,
            run.vocab,
            lambda: run.arrays("last"),
            lambda: run.state("last"),
        ):
            with refusing(CheckpointError):
                ask()
        with refusing(CheckpointError):
            _load_texts(run, "dev")
    with refusing(TextkitError):
        figure = figure_of(path, Measure("accuracy", "dev", True))
        holds(figure is None or math.isfinite(figure), "a figure is no number")
        can_resume(path)


def _files_of(kind: str, ending: str) -> list[str]:
    document = json.loads((templates() / kind / MANIFEST).read_bytes())
    return [name for name in document["files"] if name.endswith(ending)]


def _in_run(ending: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        """The bytes in the place of a file of each run, under the right checksum."""
        for kind, use in _USES.items():
            for name in _files_of(kind, ending):
                with refusing(CheckpointError):
                    use(changed_run(folder, kind, {name: data}))

    return read


def read_state(data: bytes, folder: Path) -> None:
    """A training state: numbers, strings and tensors, nothing that runs."""
    path = changed_run(folder, "lm", dict.fromkeys(_files_of("lm", ".pt"), data))
    with refusing(CheckpointError):
        TrainingState.read(RunFolder.open(path), "last", rank=0, size=1)


def read_kept(data: bytes, folder: Path) -> None:
    """Held-out texts and tagged sentences that a run keeps."""
    run = RunFolder.open(changed_run(folder, "classifier", dict.fromkeys(kept_data(), data)))
    with refusing(CheckpointError):
        texts = _load_texts(run, "dev")
        holds(texts is not None and len(texts.texts) == len(texts.classes), "a class for each text")
    with refusing(CheckpointError):
        sentences = _from_lines(run, "data/dev/sentences.jsonl")
        holds(all(len(each.tokens) == len(each.tags) for each in sentences), "a tag for each token")


def read_log(data: bytes, folder: Path) -> None:
    """Every record has numbers; what is kept of a log is read again."""
    log = Log(placed(folder, "log.jsonl", data))
    with refusing(CheckpointError):
        records = log.records()
        log.rewind(1)
        same(repr(log.records()), repr(records[:1]), "records kept")


def read_sweep_journal(data: bytes, folder: Path) -> None:
    """The journal of a sweep, of the plan that it says and of another; what is written is read the same."""
    placed(folder, "sweep.json", data)
    with refusing(CheckpointError):
        Journal.open(folder, {"seed": 1})
    data = _resealed(data)
    placed(folder, "sweep.json", data)
    try:
        plan = json.loads(data)["plan"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    with refusing(CheckpointError):
        journal = Journal.open(folder, plan)
        for name, outcome in list(journal.outcomes.items()):
            holds(outcome.figure is None or math.isfinite(outcome.figure), "a figure is no number")
            holds(outcome.state in ("finished", "failed", "interrupted"), "no state of a trial")
            journal.put(name, outcome)
        same(Journal.open(folder, plan).outcomes, journal.outcomes, "outcomes written")


def _sweep_journal() -> dict[str, bytes]:
    from textkit.tasks.sweep.trials import Outcome

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open(Path(folder), {"seed": 1, "settings": {"a": [1]}})
        journal.put("trial-001", Outcome("finished", 0.5, 2.0))
        journal.put("trial-002", Outcome("failed", message="no"))
        return {"one": (Path(folder) / "sweep.json").read_bytes()}


def _seeds(ending: str) -> Callable[[], dict[str, bytes]]:
    def seeds() -> dict[str, bytes]:
        return {
            f"{kind}.{name}": (templates() / kind / name).read_bytes()
            for kind in _USES for name in ([MANIFEST] if ending == MANIFEST else _files_of(kind, ending))
        }  # fmt: skip

    return seeds


def _npz(**arrays: Any) -> bytes:
    from safetensors.numpy import save

    return save({name: np.asarray(array) for name, array in arrays.items()})


TARGETS = (
    Target("manifest", "manifest.json of a run", read_manifest, _seeds(MANIFEST), _WORDS, memory=1000),
    Target(
        "run-config",
        "config.toml of a run",
        _in_run("config.toml"),
        _seeds("config.toml"),
        (b"= 1", b"0x" + b"f" * 5000, *_WORDS),
        memory=4000,
        longest=8192,
    ),
    Target(
        "run-vocab",
        "vocabularies of a run: words, letters, tags, sources",
        _in_run(".txt"),
        _seeds(".txt"),
        (b'"specials": 0', b"\t0"),
        memory=1000,
    ),
    Target(
        "weights",
        "weights as safetensors",
        _in_run(".safetensors"),
        lambda: {**_seeds(".safetensors")(), "few": _npz(a=np.zeros(2, np.float32)), "none": _npz()},
        _TENSORS,
        memory=1000,
        longest=8192,
    ),
    Target(
        "state",
        "the state of a training",
        read_state,
        _seeds(".pt"),
        (b"PK\3\4", b"PK\5\6", b"cposix\nsystem\n", b"\x80\x02", b"R.", b"\x85q"),
        memory=1000,
        longest=16384,
    ),
    Target(
        "kept-data",
        "texts and sentences kept for resuming",
        read_kept,
        lambda: kept_data(),
        (*_WORDS, b'"classes"', b"0.5", b'"I-x"'),
    ),
    Target(
        "log",
        "log.jsonl",
        read_log,
        lambda: {"log": b'{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 1}\n'},
        _WORDS,
    ),
    Target(
        "sweep-journal",
        "sweep.json",
        read_sweep_journal,
        _sweep_journal,
        (*_WORDS, b'"trials"', b'"plan"', b'"state"'),
    ),
)
