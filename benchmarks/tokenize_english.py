"""English tokens: textkit beside spaCy, NLTK, sentencepiece, Python, and tokenizers if installed.

    TEXTKIT_DATA=... python benchmarks/tokenize_english.py [--repeat 3] [--write]

Text is WikiText-2's validation and test parts, Shakespeare and the English of Multi30k, each once, but ten
times for what is quick. File to file, one line of tokens for each line; start-up (imports, models, worker
processes) is apart but where a row says otherwise. textkit's tokens are each peer's, which is checked.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import regex
import sentencepiece
import spacy
from nltk.tokenize.destructive import NLTKWordTokenizer
from results import data_folder, machine, publish, table
from timing import in_turns

from textkit.text.tokenizers.regular_expression import WORDS_AND_PUNCTUATION
from textkit.text.tokenizers.sentencepiece import train_sentencepiece
from textkit_cli.main import main as textkit

FILES = (
    "lm/wikitext2-valid.txt",
    "lm/wikitext2-test.txt",
    "lm/shakespeare.txt",
    "nmt/multi30k_de_en/train.en",
)
Work = Callable[[], object]


def write(out: Path, lines: Iterable[Iterable[str]]) -> None:
    """A line of tokens each."""
    with out.open("w", encoding="utf-8") as file:
        file.writelines(" ".join(tokens) + "\n" for tokens in lines)


class Bench:
    """A text, a folder for what is made of it, and the works on it."""

    def __init__(self, folder: Path, *, times: int = 1) -> None:
        self.folder = folder
        self.source = folder / "en.txt"
        texts = [(data_folder() / name).read_bytes().replace(b"\r\n", b"\n") for name in FILES]
        # Blanks at the ends of lines and doubled ones are spaCy's tokens and not ours.
        text = re.sub(rb"[ \t]+", b" ", b"\n".join(text.strip() for text in texts))
        self.source.write_bytes((re.sub(rb"(?m)^ | $", b"", text) + b"\n") * times)
        self.lines = self.source.read_text(encoding="utf-8").split("\n")[:-1]
        self.megabytes = self.source.stat().st_size / 1e6

    def ours(self, name: str, *options: str, jobs: int = 1) -> Work:
        """`textkit tokenize`, in this process."""
        out = str(self.folder / f"{name}-textkit-{jobs}")
        arguments = ["tokenize", "--tokenizer", name, *options, "-j", str(jobs), str(self.source), "-o", out]
        return lambda: textkit(arguments)

    def theirs(self, name: str, tokens: Callable[[list[str]], Iterable[Iterable[str]]]) -> Work:
        """Lines read, tokenized by a peer, and written."""
        out = self.folder / name

        def work() -> None:
            write(out, tokens(self.source.read_text(encoding="utf-8").split("\n")[:-1]))

        return work

    def rows(self, works: dict[str, Work], *, peer: str, repeat: int) -> list[list[str]]:
        """Timed in turns: name, MB/s, times the peer's speed; the same tokens, or an error."""
        for work in works.values():
            work()  # loads and compiles
        times = in_turns(works, repeat=repeat)
        made = {path.read_bytes() for path in self.folder.iterdir() if path != self.source and path.is_file()}
        assert len(made) == 1, [path.name for path in self.folder.iterdir()]
        for path in self.folder.iterdir():
            if path != self.source:
                path.unlink()
        return [
            [name, f"{self.megabytes / seconds:.1f}", f"{times[peer] / seconds:.1f}"]
            for name, seconds in times.items()
        ]


def spacy_works(bench: Bench) -> dict[str, Work]:
    """Two processes are started at each call, by `nlp.pipe(n_process=2)` as by -j 2."""
    nlp = spacy.blank("en")

    def pipe(processes: int) -> Callable[[list[str]], Iterable[Iterable[str]]]:
        return lambda lines: (
            [token.text for token in doc] for doc in nlp.pipe(lines, n_process=processes, batch_size=1000)
        )

    return {
        "spaCy, nlp.pipe": bench.theirs("spacy", pipe(1)),
        "spaCy, nlp.pipe(n_process=2), starting them": bench.theirs("spacy2", pipe(2)),
        "textkit --tokenizer spacy": bench.ours("spacy"),
        "textkit --tokenizer spacy -j 2, starting them": bench.ours("spacy", jobs=2),
    }


def nltk_works(bench: Bench) -> dict[str, Work]:
    """Its rules need the whole line."""
    tokenize = NLTKWordTokenizer().tokenize
    return {
        "NLTKWordTokenizer": bench.theirs("nltk", lambda lines: map(tokenize, lines)),
        "textkit --tokenizer nltk": bench.ours("nltk"),
        "textkit --tokenizer nltk -j 2, starting them": bench.ours("nltk", jobs=2),
    }


def plain_works(bench: Bench) -> dict[str, Work]:
    """White space."""
    works = {"str.split": bench.theirs("split", lambda lines: (line.split() for line in lines))}
    if importlib.util.find_spec("tokenizers"):
        from tokenizers.pre_tokenizers import WhitespaceSplit

        split = WhitespaceSplit().pre_tokenize_str
        works["tokenizers, WhitespaceSplit"] = bench.theirs(
            "hf", lambda lines: ([token for token, _ in split(line)] for line in lines)
        )
    return works | {
        "textkit --tokenizer whitespace": bench.ours("whitespace"),
        "textkit --tokenizer whitespace -j 2": bench.ours("whitespace", jobs=2),
    }


def regex_works(bench: Bench) -> dict[str, Work]:
    """Words, numbers, Han characters, punctuation: the usual pattern."""
    find = regex.compile(WORDS_AND_PUNCTUATION).findall
    return {
        "regex, findall of the same pattern": bench.theirs("regex", lambda lines: map(find, lines)),
        "textkit --tokenizer regex": bench.ours("regex"),
        "textkit --tokenizer regex -j 2": bench.ours("regex", jobs=2),
    }


def sentencepiece_works(bench: Bench, model: Path) -> dict[str, Work]:
    """Pieces of a model of 8,000, trained on the same text."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))

    def encode(threads: int) -> Callable[[list[str]], Iterable[Iterable[str]]]:
        return lambda lines: processor.encode(lines, out_type=str, num_threads=threads)

    option = ("-t", f"model={model}")
    return {
        "sentencepiece, one thread": bench.theirs("pieces", encode(1)),
        "sentencepiece, two threads": bench.theirs("pieces2", encode(2)),
        "textkit --tokenizer sentencepiece": bench.ours("sentencepiece", *option),
        "textkit --tokenizer sentencepiece -j 2": bench.ours("sentencepiece", *option, jobs=2),
    }


def counting(bench: Bench, repeat: int) -> list[list[str]]:
    """File to vocabulary."""
    out = bench.folder / "vocab"

    def count() -> None:
        counts: Counter[str] = Counter()
        for line in bench.source.open(encoding="utf-8"):
            counts.update(line.split())
        out.write_text("".join(f"{token}\t{n}\n" for token, n in counts.most_common()), encoding="utf-8")

    arguments = ["vocab", "--tokenizer", "whitespace", str(bench.source), "-o", str(out)]
    works: dict[str, Work] = {
        "Counter of str.split": count,
        "textkit vocab": lambda: textkit(arguments),
        "textkit vocab --memory 2M": lambda: textkit([*arguments, "--memory", "2M"]),
    }
    for work in works.values():
        work()
    times = in_turns(works, repeat=repeat)
    return [
        [name, f"{bench.megabytes / seconds:.1f}", f"{times['Counter of str.split'] / seconds:.1f}"]
        for name, seconds in times.items()
    ]


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as models:
        bench = Bench(Path(name))
        model = Path(models) / "m.model"
        model.write_bytes(train_sentencepiece(bench.lines, vocab_size=8000).model)
        once = bench.megabytes
        rows = [
            *bench.rows(spacy_works(bench), peer="spaCy, nlp.pipe", repeat=repeat),
            *bench.rows(nltk_works(bench), peer="NLTKWordTokenizer", repeat=repeat),
            *bench.rows(sentencepiece_works(bench, model), peer="sentencepiece, one thread", repeat=repeat),
        ]
        bench = Bench(Path(name), times=10)
        rows += [
            *bench.rows(regex_works(bench), peer="regex, findall of the same pattern", repeat=repeat),
            *bench.rows(plain_works(bench), peer="str.split", repeat=repeat),
            *counting(bench, repeat),
        ]
    packages = ["textkit-nlp", "spacy", "nltk", "regex", "sentencepiece", "numba"]
    packages += ["tokenizers"] if importlib.util.find_spec("tokenizers") else []
    body = (
        f"{machine(*packages)}. Medians of {repeat} rounds in turns; {once:.1f} MB of English, ten times "
        "that from the rows of regex on; file to file, the same tokens as the peer's. Start-up apart, but "
        "for worker processes where it says so.\n\n"
        + table(["", "MB/s", "times the first of its kind"], rows)
    )
    publish("English tokens", body, script="tokenize_english.py")


if __name__ == "__main__":
    main()
