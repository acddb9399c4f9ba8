"""Keeps what this version writes: `python tests/api/make_runs.py` makes tests/api/runs/VERSION.

A folder of each kind is trained in seconds and packed, and its answers are written beside it. Done once for a
version that is released; never again for that version, and never changed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RUNS = HERE / "runs"
LEFT_OUT = {"curve.png", ".lock"}  # not needed to read a run
LINES = [f"the {one} sat on a {two}" for one in ("cat", "dog", "mat") for two in ("log", "tree", "house")]
TEXTS = ["我爱 cats and dogs", "the cat sat on the mat", "的 的 了"]


def answers(kind: str, folder: Path) -> dict[str, Any]:
    """What a folder says: a model its probe, a bag of words its features of some texts."""
    if kind == "bag-of-words":
        from textkit.data.bag_of_words.vectorizer import BagOfWords

        bag = BagOfWords.load(folder)
        return {
            "tokens": "\n".join(bag.get_feature_names_out()),
            "scores": [float(each) for each in bag.transform(TEXTS).toarray().ravel()],
        }
    import textkit
    from textkit.tasks.verification.probe import Probe

    opened = textkit.load(folder)
    name = "ngram" if kind == "ngram-folder" else json.loads((folder / "manifest.json").read_text())["kind"]
    return Probe.of(name, opened).as_dict()


def make(kind: str, folder: Path) -> None:
    """One of damage_runs' kinds, the larger two smaller still, or a bag of words."""
    from damage_runs import KINDS

    own = {"tagger": tagger, "translator": translator, "bag-of-words": bag_of_words}
    others = {each.name: each.make for each in KINDS}
    own[kind](folder) if kind in own else others[kind](folder, 0)


def tagger(folder: Path) -> None:
    """Sizes of 4, and few words."""
    from textkit.data.spans import TaggedSentence
    from textkit.tasks import tagging

    sentences = [TaggedSentence(tuple(text.split()), ("O", "B-a", "O", "O", "O", "B-b")) for text in LINES]
    config = tagging.TaggerConfig(embedding=4, letters=2, hidden=4, epochs=1)
    tagging.train(sentences, config, out=folder, dev=sentences[:9])


def translator(folder: Path) -> None:
    """Vectors of 4, two steps."""
    from textkit.tasks import translation
    from textkit.text.pairs import Pair

    pairs = [Pair(line, line.upper()) for line in LINES]
    config = translation.TranslatorConfig.model_validate(
        {
            "preset": "rnn",
            "width": 4,
            "tokenizer": "whitespace",
            "joint": False,
            "max_steps": 2,
            "valid_bleu": 2,
        }
    )
    translation.train(pairs, config, out=folder, valid=pairs[:3])


def bag_of_words(folder: Path) -> None:
    """Chinese and English words, one and two at a time."""
    from textkit.data.bag_of_words.vectorizer import BagOfWords

    BagOfWords(clean="zh", words=(1, 2), weighting="tf-idf").fit(TEXTS).save(folder)


def pack(folder: Path, archive: Path) -> None:
    """All of a folder that matters, the same bytes each time."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            if file.name not in LEFT_OUT:
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
                packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def main() -> None:
    """All kinds, for the version that is installed."""
    from damage_runs import KINDS

    import textkit

    out = RUNS / textkit.__version__
    out.mkdir(parents=True)  # refuses to change what is there
    said = {}
    with tempfile.TemporaryDirectory() as scratch:
        for kind in [*(each.name for each in KINDS), "bag-of-words"]:
            folder = Path(scratch) / kind
            make(kind, folder)
            pack(folder, out / f"{kind}.zip")
            said[kind] = answers(kind, folder)
    (out / "answers.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path += [str(HERE), str(HERE.parent / "reliability")]
    main()
