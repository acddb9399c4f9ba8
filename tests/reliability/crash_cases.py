"""The commands that are killed: their texts, which are small, and how each is gone on with."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from crash_commands import Place

import textkit_corpora

SAMPLES = Path(textkit_corpora.__file__).parent / "data"
TEXTS = {
    "lines": ("prose-en/train.txt", 70),
    "held": ("prose-en/valid.txt", 8),
    "reviews.tsv": ("reviews-zh/train.tsv", 120),
    "dev.tsv": ("reviews-zh/dev.tsv", 30),
    "tagged.jsonl": ("travel/train.jsonl", 40),
    "tags.jsonl": ("travel/dev.jsonl", 10),
    "pairs.tsv": ("pairs-en-fr/train.tsv", 60),
    "valid.tsv": ("pairs-en-fr/valid.tsv", 8),
}
NETWORK = "--save-seconds 1e-9 --log-every 3 --seed 5"


def write_texts(folder: Path) -> None:
    """The texts, also as large ones: `many`, of which a tokenizer has several blocks, and `words`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (sample, count) in TEXTS.items():
        with (SAMPLES / sample).open(encoding="utf-8") as file:
            (folder / name).write_text("".join(line for line, _ in zip(file, range(count), strict=False)))
    prose = (SAMPLES / "prose-en/train.txt").read_text(encoding="utf-8")
    (folder / "many").write_text(prose * 2)
    dice = random.Random(3)
    with (folder / "words").open("w") as file:
        for _ in range(4000):
            file.write(" ".join(f"w{int(dice.paretovariate(0.4)) % 30000}" for _ in range(12)) + "\n")
    (folder / "sweep.toml").write_text(
        'command = "train-classifier"\n'
        f'[inputs]\ntrain = "{folder / "reviews.tsv"}"\ndev = "{folder / "dev.tsv"}"\n'
        '[settings]\npreset = "embedding-bag"\nembedding = 4\nmax_vocab = 50\nepochs = 1\n'
        "save_seconds = 1e-9\nlog_every = 9\n"
        "[grid]\nseed = [1, 2]\n"
    )


@dataclass(frozen=True)
class Case:
    """A command: `{name}` in its arguments is the text of that name; it writes `out` in its work folder.

    `old` is what `out` held before, None where the command wants a new one. `resume` are the arguments with
    which what was saved is gone on with, None where the whole command is given again. What is made at `once`
    is a model that is whole as soon as it is there, and needs no more.
    """

    name: str
    command: str
    out: str
    old: bytes | None = None
    resume: str | None = None
    once: bool = False

    def arguments(self, texts: Path) -> list[str]:
        """Those of the whole command."""
        return [word.replace("{", f"{texts}/").replace("}", "") for word in self.command.split()]

    def going_on(self, texts: Path, place: Place) -> list[str]:
        """Those of the command that the user gives after a crash: as the messages say."""
        out = place.work / self.out
        if self.resume is not None and out.exists():
            return self.resume.split()
        again = self.arguments(texts)
        if (place.work / f"{self.out}.partial" / "journal.json").exists():
            again.append("--resume")
        return again

    def prepare(self, place: Place) -> Place:
        """Leave there what the command is to replace."""
        if self.old is not None:
            (place.work / self.out).write_bytes(self.old)
        return place


def _training(name: str, rest: str) -> Case:
    command = rest.split()[0]
    return Case(name, f"{rest} -q -o run {NETWORK}", "run", resume=f"{command} -q --resume run")


OLD = b"what was there before\n"
FILES = [
    Case("tokenize", "tokenize {many} -q -o out.txt --tokenizer regex", "out.txt", OLD),
    Case("tokenize-gz", "tokenize {many} -q -o out.txt.gz --tokenizer regex", "out.txt.gz", OLD),
    Case(
        "tokenize-jobs", "tokenize {many} -q -o out.txt -j 2 --tokenizer regex --clean basic", "out.txt", OLD
    ),
    Case("vocab", "vocab {many} -q -o vocab.txt", "vocab.txt", OLD),
    Case("vocab-memory", "vocab {words} -q -o vocab.txt --memory 1M", "vocab.txt", OLD),
    Case("train-tokenizer", "train-tokenizer {lines} -q -o m.model --vocab-size 120", "m.model", OLD),
    Case("arpa", "train-lm {lines} -q --order 3 --arpa m.arpa", "m.arpa", OLD),
]
ONCE = [
    Case("ngram", "train-lm {lines} -q --order 3 --test {held} -o run", "run", once=True),
    Case("ngram-memory", "train-lm {lines} -q --order 3 --memory 1M --tmp ../tmp -o run", "run", once=True),
    Case(
        "linear",
        "train-classifier {reviews.tsv} --dev {dev.tsv} --tune-threshold dev -q -o run",
        "run",
        once=True,
    ),
]
TRAININGS = [
    _training(
        "lstm",
        "train-lm {lines} --model lstm --embedding 6 --hidden 6 --batch-size 8 --steps 40 --epochs 2"
        " --dropout 0.3 --valid {held} --test {held}",
    ),
    _training(
        "embedding-bag",
        "train-classifier {reviews.tsv} --dev {dev.tsv} --tune-threshold dev --preset embedding-bag"
        " --embedding 4 --max-vocab 50 --batch-size 40 --epochs 1 --dropout 0.2",
    ),
    _training(
        "tagger",
        "train-tagger {tagged.jsonl} --dev {tags.jsonl} --embedding 4 --letters 3 --hidden 4 --epochs 2"
        " --batch-size 8",
    ),
    _training(
        "nmt",
        "train-nmt --pairs {pairs.tsv} --valid-pairs {valid.tsv} --width 8 --layers 1 --heads 2 --epochs 2"
        " --tokenizer whitespace --vocab-size 200 --batch-tokens 60",
    ),
]
