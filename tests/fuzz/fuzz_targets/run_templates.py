"""Runs whose files can be changed: a linear classifier, and networks that were never trained."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fuzz_targets.target import placed
from textkit.train.checkpoint import MANIFEST, RunFolder
from textkit.train.manifest import DIGEST, to_text


@functools.lru_cache(maxsize=1)
def templates() -> Path:
    """A folder with a linear classifier, and a network of each kind that was never trained."""
    import atexit

    root = Path(tempfile.mkdtemp(prefix="textkit-fuzz."))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    _make_classifier(root / "classifier")
    _make_language_model(root / "lm")
    _make_tagger(root / "tagger")
    _make_translator(root / "translator")
    return root


def _make_classifier(path: Path) -> None:
    from textkit.tasks.classification.config import ClassifierConfig
    from textkit.tasks.classification.fitting import LabelledTexts
    from textkit.tasks.classification.linear import fit_linear
    from textkit.text.pipeline import Pipeline
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

    config, pipeline = ClassifierConfig(), Pipeline.of(WhitespaceTokenizer())
    texts = LabelledTexts.of([("good room", "+"), ("very good", "+"), ("bad", "-"), ("bad room", "-")])
    fitted = fit_linear(texts, config, pipeline=pipeline)

    def fill(run: RunFolder) -> None:
        for name, content in kept_data().items():
            (run.path / name).parent.mkdir(parents=True, exist_ok=True)
            (run.path / name).write_bytes(content)

    run = RunFolder.create(path, kind="classifier", config=config.toml(), pipeline=pipeline, fill=fill)
    run.document["labels"] = list(fitted.labels)
    run.document["results"] = {"dev": {"accuracy": 0.5}}
    run.save("best", fitted.arrays(), step=1, info={})


def kept_data() -> dict[str, bytes]:
    """Held-out texts, and tagged sentences, as runs keep them."""
    sentences = b'{"tokens": ["to", "Oslo"], "tags": ["O", "B-city"]}\n'
    return {
        "data/dev/texts.json": b'{"texts": ["a", "b"], "classes": [0, 1]}',
        "data/dev/sentences.jsonl": sentences,
    }


def _make_language_model(path: Path) -> None:
    import torch

    from textkit.lm.language_model import SPECIALS
    from textkit.tasks.language_model.config import LanguageModelConfig
    from textkit.tasks.language_model.network import make_network
    from textkit.text.pipeline import Pipeline
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    from textkit.text.vocab import Vocab
    from textkit.train.weights import arrays

    config = LanguageModelConfig(model="gru", embedding=4, hidden=4, layers=1)
    vocab = Vocab.build([["to", "be", "or"]], specials=SPECIALS)
    pipeline = Pipeline.of(WhitespaceTokenizer())
    run = RunFolder.create(path, kind="gru", config=config.toml(), pipeline=pipeline, vocab=vocab)
    torch.manual_seed(0)
    network: Any = make_network(config, vocab)
    state = {
        "processes": [{"generators": {"cpu": torch.get_rng_state()}, "objective": {}}],
        "optimizer": {"state": {}, "param_groups": []},
        "batches": {"epoch": 0, "position": 1},
        "progress": _progress(),
    }
    run.save("last", arrays(network), step=1, info={}, state=state, also=["best"])


def _make_tagger(path: Path) -> None:
    import torch

    from textkit.data.spans import TaggedSentence
    from textkit.tasks.tagging.config import TaggerConfig
    from textkit.tasks.tagging.network import Inventory, make_network
    from textkit.text.pipeline import Pipeline
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    from textkit.train.weights import arrays

    config = TaggerConfig(embedding=4, hidden=4, letters=4)
    inventory = Inventory.of([TaggedSentence(("to", "Oslo", "to"), ("O", "B-city", "I-city"))], config)
    run = RunFolder.create(
        path,
        kind="tagger",
        config=config.toml(),
        pipeline=Pipeline.of(WhitespaceTokenizer()),
        vocab=inventory.words,
        fill=inventory.save,
    )
    torch.manual_seed(0)
    run.save("best", arrays(make_network(config, inventory)), step=1, info={})


def _make_translator(path: Path) -> None:
    import torch

    from textkit.lm.language_model import SPECIALS
    from textkit.tasks.translation.config import TranslatorConfig
    from textkit.tasks.translation.network import make_network
    from textkit.tasks.translation.sides import Sides
    from textkit.text.pipeline import Pipeline
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    from textkit.text.vocab import Vocab
    from textkit.train.weights import arrays

    config = TranslatorConfig(preset="rnn", width=4, layers=1, joint=False, tokenizer="whitespace")
    pipeline = Pipeline.of(WhitespaceTokenizer())
    source, target = (Vocab.build([words], specials=SPECIALS) for words in (["un", "deux"], ["one", "two"]))
    sides = Sides(pipeline, pipeline, source, target)
    run = RunFolder.create(
        path, kind="translator", config=config.toml(), pipeline=pipeline, vocab=target, fill=sides.save
    )
    torch.manual_seed(0)
    network: Any = make_network(config, source_size=len(source), target_size=len(target))
    run.save("best", arrays(network), step=1, info={})


def _progress() -> dict[str, Any]:
    from textkit.train.progress import Progress

    return Progress().as_dict()


def changed_run(folder: Path, kind: str, changed: dict[str, bytes]) -> Path:
    """A run with some files changed, their checksums in the manifest made to fit."""
    path = folder / kind
    if not path.exists():
        shutil.copytree(templates() / kind, path)
    manifest = (templates() / kind / MANIFEST).read_bytes()
    document = json.loads(manifest)
    for name in document["files"]:
        if name in changed:
            document["files"][name]["sha256"] = hashlib.sha256(changed[name]).hexdigest()
            placed(path, name, changed[name])
        elif (path / name).stat().st_size != (templates() / kind / name).stat().st_size or name in _TOUCHED:
            shutil.copyfile(templates() / kind / name, path / name)
    _TOUCHED.update(changed)
    document.pop(DIGEST, None)
    placed(path, MANIFEST, changed.get(MANIFEST, to_text(document).encode()))
    return path


_TOUCHED: set[str] = set()
