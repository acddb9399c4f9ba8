"""What the presets reach on Multi30k de-en in their time: BLEU over several seeds.

    TEXTKIT_DATA=... python benchmarks/translation_quality.py [--presets rnn transformer-tiny ...]
        [--seeds 1 2 3] [--budget 15m | --updates N ...] [--part test2016] [--runs FOLDER]
        [--train-only | --kept-only] [--write]

Each training has the machine to itself and takes as long as its preset says, or as --budget does. With
--updates it ends after so many instead, a number for each preset, whatever else the machine does: then
several can be trained at once, a process and a thread (OMP_NUM_THREADS=1) each, with --train-only. With
--runs they are kept in FOLDER, and those that are there are not trained again, or to their end; with
--kept-only no others are measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from results import data_folder, machine, publish, table
from translation_training import pairs_of

THIS = Path(__file__).resolve()
PRESETS = ("rnn", "transformer-tiny", "transformer-small")
BEAM = 5
HEADER = ["preset", "time", "parameters", "updates", "epochs", "seeds", "valid BLEU", "BLEU", "mean", "chrF"]
NOTES = """Multi30k de-en, {pairs:,} pairs; trained, with the validations that choose the weights, for the
time or the updates given; all the rest is the preset's. BLEU and chrF of {count:,} sentences of
{part}, beam of {beam}, a figure for each of the seeds, and mean ± standard deviation;
valid BLEU is that of the weights chosen, by the same search. Updates and epochs are those of the
first seed. {signatures}"""


class Figures(NamedTuple):
    """Of one run."""

    seed: int
    parameters: int
    updates: int
    epochs: int
    valid: float
    bleu: float
    chrf: float
    signatures: tuple[str, ...]


def train_run(preset: Any, seed: int, out: Path, limit: dict[str, Any]) -> None:
    """In a process of its own: train, or go on; validation pairs choose the weights."""
    from textkit.tasks.translation import TranslatorConfig, resume, train

    if out.exists():
        resume(out, say=print)
        return
    data = data_folder() / "nmt" / "multi30k_de_en"
    config = TranslatorConfig(preset=preset, seed=seed, target_language="en", **limit)
    train(pairs_of(data, "train"), config, out=out, valid=pairs_of(data, "valid"), say=print)


def figures_of(run: Path, data: Path, part: str, *, seed: int) -> Figures:
    """Translate `part` and measure it."""
    from textkit.tasks.translation import TranslationDecoding, load_translator
    from textkit.tasks.translation.scoring import Scorer
    from textkit.train.checkpoint import RunFolder
    from textkit.train.log import Log

    translator = load_translator(run)
    pairs = pairs_of(data, part)
    found = translator.translate((pair.source for pair in pairs), TranslationDecoding(beam=BEAM))
    texts = [best.text for best, *_ in found]
    references = [[pair.target for pair in pairs]]
    bleu, chrf = Scorer(language="en", resamples=0).measure(texts, references)
    network: Any = translator.network
    last = Log(run / "log.jsonl").records()[-1]
    return Figures(
        seed,
        sum(weight.numel() for weight in network.parameters()),
        int(last["step"]),
        int(last["epoch"]),
        RunFolder.open(run).document["results"]["valid"]["bleu"],
        bleu.score,
        chrf.score,
        (f"{bleu.name} {bleu.signature}", f"{chrf.name} {chrf.signature}"),
    )


def done(run: Path) -> bool:
    """Whether a run is there and was trained to its end."""
    from textkit.train.checkpoint import RunFolder

    return run.exists() and "results" in RunFolder.open(run).document


def row(preset: str, found: list[Figures], limit: str) -> list[str]:
    """A line of the table."""

    def of_each(name: str) -> str:
        return " ".join(f"{getattr(each, name):.2f}" for each in found)

    first, scores = found[0], [each.bleu for each in found]
    spread = f" ± {statistics.stdev(scores):.2f}" if len(scores) > 1 else ""
    return [
        preset,
        limit,
        f"{first.parameters:,}",
        f"{first.updates:,}",
        str(first.epochs),
        " ".join(str(each.seed) for each in found),
        of_each("valid"),
        of_each("bleu"),
        f"{statistics.mean(scores):.2f}{spread}",
        of_each("chrf"),
    ]


def main() -> None:
    """Train, measure, print and with --write record."""
    from textkit.tasks.translation import TranslatorConfig

    parser = argparse.ArgumentParser()
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=list(PRESETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--budget", help="instead of the presets'")
    parser.add_argument("--updates", type=int, nargs="+", help="instead of a time; for each preset")
    parser.add_argument("--part", default="test2016")
    parser.add_argument("--runs", type=Path, help="where runs are kept")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--train-only", action="store_true", help="leave translating for another time")
    only.add_argument("--kept-only", action="store_true", help="train nothing")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    options = parser.parse_args()
    if options.updates and len(options.updates) != len(options.presets):
        parser.error("--updates takes a number for each preset")
    data = data_folder() / "nmt" / "multi30k_de_en"
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    rows, signatures = [], ("",)
    with tempfile.TemporaryDirectory() as name:
        folder = options.runs or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for preset, updates in zip(options.presets, options.updates or repeat(None), strict=False):
            if updates:
                chosen, limit = {"max_steps": updates}, f"{updates}-updates"
            else:
                limit = options.budget or str(TranslatorConfig(preset=preset).budget)
                chosen = {"budget": limit}
            found = []
            for seed in options.seeds:
                run = folder / f"{preset}-{limit}-{seed}"
                if not done(run):
                    if options.kept_only:
                        continue
                    command = [sys.executable, THIS, "--train", preset, str(seed), run, json.dumps(chosen)]
                    subprocess.run(command, check=True)
                if options.train_only:
                    continue
                found.append(figures_of(run, data, options.part, seed=seed))
                print(f"{run.name}: BLEU {found[-1].bleu:.2f}", file=sys.stderr, flush=True)
            if found:
                signatures = found[0].signatures
                rows.append(row(preset, found, limit))
    if not rows:
        return
    notes = NOTES.format(
        pairs=len(pairs_of(data, "train")),
        count=len(pairs_of(data, options.part)),
        part=options.part,
        beam=BEAM,
        signatures="; ".join(signatures),
    )
    body = f"{machine('textkit-nlp', 'torch', 'sacrebleu')}\n\n{table(HEADER, rows)}\n\n{notes}"
    updates = f" --updates {' '.join(map(str, options.updates))}" if options.updates else ""
    publish("Quality of translations", body, script=f"translation_quality.py{updates}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train_run(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), json.loads(sys.argv[5]))
    else:
        main()
