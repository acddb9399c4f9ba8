"""jieba's words: textkit beside the jieba package, its command, rjieba (where installed) and the floor.

    TEXTKIT_DATA=... python benchmarks/tokenize_chinese.py [--repeat 3] [--megabytes 20] [--write]

Text is the reviews of sentiment/, repeated. jieba and textkit give the same tokens, which is checked;
rjieba's differ (it keeps runs such as 1.5M together). Start-up is apart in the first table and
included in the second.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jieba
from results import data_folder, machine, publish, table
from timing import in_turns

from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit_cli.main import main as textkit

Work = Callable[[], object]


def reviews(path: Path, megabytes: float) -> Path:
    """A file of the reviews, repeated to at least so many megabytes."""
    files = sorted(data_folder().glob("sentiment/*/*.tsv"))
    text = b"".join(file.read_bytes().replace(b"\r\n", b"\n") for file in files)
    path.write_bytes(text * -(-int(megabytes * 1e6) // len(text)))
    return path


def line_by_line(source: Path, out: Path, cut: Callable[[str], object]) -> None:
    """The loop that users of a package write."""
    with source.open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(" ".join(cut(line.rstrip("\n"))) + "\n")  # type: ignore[call-overload]


def floor(source: Path, out: Path) -> None:
    """Read, decode, encode, write."""
    out.write_bytes(source.read_bytes().decode().encode())


def file_to_file(source: Path, folder: Path) -> dict[str, Work]:
    """Works of this process, whose dictionaries are loaded and whose loops are compiled."""

    def ours(jobs: int) -> Work:
        arguments = ["tokenize", "--tokenizer", "jieba", "-j", str(jobs), str(source)]
        return lambda: textkit([*arguments, "-o", str(folder / f"textkit{jobs}")])

    works: dict[str, Work] = {
        "jieba": lambda: line_by_line(source, folder / "jieba", jieba.cut),
        "textkit": ours(1),
        "textkit -j 2": ours(2),
        "read, decode, encode, write": lambda: floor(source, folder / "floor"),
    }
    if importlib.util.find_spec("rjieba"):
        import rjieba

        works["rjieba"] = lambda: line_by_line(source, folder / "rjieba", rjieba.cut)
    return works


def lists(source: Path) -> dict[str, Work]:
    """Strings in, lists of strings out."""
    texts = source.read_text(encoding="utf-8").split("\n")
    tokenizer = JiebaTokenizer()
    works: dict[str, Work] = {
        "jieba": lambda: [jieba.lcut(text) for text in texts],
        "textkit": lambda: tokenizer.batch(texts).lists(),
        "textkit, flat arrays": lambda: tokenizer.batch(texts),
    }
    if importlib.util.find_spec("rjieba"):
        import rjieba

        works["rjieba"] = lambda: [rjieba.cut(text) for text in texts]
    return works


def run(*command: str, cache: Path | None = None) -> None:
    """A whole process; `cache` is an empty folder for all that it keeps for later."""
    environment = dict(os.environ)
    if cache is not None:
        environment |= {"XDG_CACHE_HOME": str(cache), "NUMBA_CACHE_DIR": str(cache), "TMPDIR": str(cache)}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def whole(source: Path) -> dict[str, Work]:
    """Whole processes, whose caches are warm."""
    command = [sys.executable, "-m", "textkit_cli", "tokenize", "--tokenizer", "jieba", str(source)]
    return {
        "python -m jieba": lambda: run(sys.executable, "-W", "ignore", "-m", "jieba", str(source)),
        "textkit tokenize": lambda: run(*command, "-o", f"{source}.out"),
        "textkit tokenize -j 2": lambda: run(*command, "-j", "2", "-o", f"{source}.out"),
    }


def cold(source: Path, *command: str) -> None:
    """A process that finds no cache."""
    with tempfile.TemporaryDirectory() as cache:
        run(sys.executable, "-W", "ignore", *command, str(source), cache=Path(cache))


def rows(times: dict[str, float], *, megabytes: float, peer: str) -> list[list[str]]:
    """Name, seconds, MB/s, times the peer's speed."""
    return [
        [name, f"{seconds:.3f} s", f"{megabytes / seconds:.1f}", f"{times[peer] / seconds:.1f}"]
        for name, seconds in sorted(times.items(), key=lambda item: -item[1])
    ]


def peak(*command: str) -> int:
    """Megabytes that a process takes at most."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    ran = subprocess.run([sys.executable, "-c", program, *command], stdout=subprocess.PIPE, check=True)
    return int(ran.stdout) // 1024


def memory(folder: Path) -> list[list[str]]:
    """Peak memory and time of -j 2 on more and more text."""
    found = []
    for megabytes in (10, 100, 1000):
        source = reviews(folder / "large", megabytes)
        start = time.perf_counter()
        most = peak(
            sys.executable, "-m", "textkit_cli", "tokenize", "--tokenizer", "jieba", "-j", "2", str(source),
            "-o", str(folder / "large.out"),
        )  # fmt: skip
        seconds = time.perf_counter() - start
        found.append([f"{source.stat().st_size / 1e6:.0f} MB", f"{most} MB", f"{seconds:.1f} s"])
    return found


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    jieba.setLogLevel(60)
    jieba.initialize()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = reviews(folder / "reviews.txt", options.megabytes)
        megabytes = source.stat().st_size / 1e6
        works = file_to_file(source, folder)
        works["textkit -j 2"]()  # compiles, and loads the trie
        inside = in_turns(works, repeat=options.repeat)
        assert (folder / "jieba").read_bytes() == (folder / "textkit1").read_bytes()
        assert (folder / "jieba").read_bytes() == (folder / "textkit2").read_bytes()
        small = reviews(folder / "small.txt", 1)
        small_size = small.stat().st_size / 1e6
        listed = in_turns(lists(small), repeat=options.repeat)
        outside = in_turns(whole(source), repeat=options.repeat)
        one = folder / "one.txt"
        one.write_text("我来到北京清华大学\n", encoding="utf-8")
        started = in_turns(whole(one), repeat=5)
        started |= in_turns(
            {
                "python -m jieba, no cache": lambda: cold(one, "-m", "jieba"),
                "textkit tokenize, no cache": lambda: cold(
                    one, "-m", "textkit_cli", "tokenize", "--tokenizer", "jieba"
                ),
            },
            repeat=5,
        )
        taken = memory(folder)
    head = ["file to file", "time", "MB/s", "times jieba"]
    starts = [[name, f"{seconds:.2f} s"] for name, seconds in started.items()]
    packages = ["textkit-nlp", "jieba", "numba", "numpy"]
    packages += ["rjieba"] if importlib.util.find_spec("rjieba") else []
    body = "\n\n".join(
        [
            f"{machine(*packages)}. Medians of {options.repeat} rounds in turns; {megabytes:.0f} MB of "
            "Chinese reviews (the real ones, repeated); textkit's output is jieba's byte for byte.",
            "Start-up apart (dictionary loaded, loops compiled), file to file:",
            table(head, rows(inside, megabytes=megabytes, peer="jieba")),
            "Strings in, lists of strings out (flat arrays: places in bytes, no string a token):",
            table(["1.7 MB", *head[1:]], rows(listed, megabytes=small_size, peer="jieba")),
            "Whole processes, start-up included:",
            table(head, rows(outside, megabytes=megabytes, peer="python -m jieba")),
            "Whole processes on one line (medians of 5, caches warm; then without any cache):",
            table(["process", "time"], starts),
            "Memory of `textkit tokenize --tokenizer jieba -j 2`, and its time:",
            table(["text", "peak", "time"], taken),
        ]
    )
    publish("Chinese words", body, script="tokenize_chinese.py")


if __name__ == "__main__":
    main()
