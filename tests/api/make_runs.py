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
    """One of damage_runs' kinds, or a bag of words."""
    if kind == "bag-of-words":
        from textkit.data.bag_of_words.vectorizer import BagOfWords

        BagOfWords(clean="zh", words=(1, 2), weighting="tfidf").fit(TEXTS).save(folder)
        return
    from damage_runs import KINDS

    next(each for each in KINDS if each.name == kind).make(folder, 0)


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
