"""The process in which one target is fuzzed: by atheris, or by mutation alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz_targets.target import Target

FOUND = Path(__file__).resolve().parent / "found"
OURS = ["textkit", "textkit_corpora", "textkit_cli"]
NATIVE = 256 << 20  # bytes that an input may take in libraries, which Python does not count
HANG = 60  # seconds after which libFuzzer gives an input up


def child(name: str, *, engine: str, seconds: float, folder: Path) -> None:
    """Fuzz the target `name` (FAMILY:NAME) for so long; what is found goes to folder/NAME."""
    if engine == "atheris":
        import atheris

        # Never left: readers import what they need when they are called. Nothing of ours is imported so far.
        atheris.instrument_imports(include=OURS, exclude=_compiled()).__enter__()
    from fuzz_targets import family, places

    place, _, name = name.rpartition(":")
    target = family(place or places()[name])[name]
    seeds = [*target.seeds().values(), *found_cases(name).values()]
    with tempfile.TemporaryDirectory() as scratch:
        watch = Watch(target, folder / name, Path(scratch))
        for seed in seeds:
            watch(seed)
        watch.settle()
        if engine == "atheris":
            _by_atheris(watch, seeds, seconds=seconds)
        else:
            _by_mutation(watch, seeds, seconds=seconds)
        watch.tell()


def _compiled() -> list[str]:
    """The modules that numba compiles, which it cannot once they are instrumented."""
    root = Path(__file__).resolve().parents[2]
    paths = sorted(root.glob("textkit/**/kernels/*.py"))
    return [".".join(path.relative_to(root).with_suffix("").parts) for path in paths]


def found_cases(name: str) -> dict[str, bytes]:
    """The inputs that once broke a target, by what they are called: files NAME.WHAT in found."""
    paths = sorted(FOUND.glob(f"{name}.*"))
    return {path.name.removeprefix(f"{name}."): path.read_bytes() for path in paths}


class Watch:
    """Calls a target, notes what it breaks, once for each place in the code, and what it costs."""

    def __init__(self, target: Target, place: Path, scratch: Path) -> None:
        self.target, self.place, self.scratch = target, place, scratch
        self.executions, self.peak, self.told = 0, 0, 0.0
        path = place / "findings.json"
        self.findings: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}

    def settle(self) -> None:
        """What was loaded so far is no input's doing."""
        self.peak = _peak()

    def __call__(self, data: bytes) -> None:
        """One input."""
        if time.monotonic() - self.told > 1:
            self.tell()
        self.executions += 1
        begun = time.process_time()  # a machine that does other work too makes nothing slow
        try:
            self.target.read(data, self.scratch)
        except Exception as error:
            self._note(_signature(error), f"{type(error).__name__}: {error}", data)
        spent = time.process_time() - begun
        if spent > self.target.seconds and self.peak:
            self._note("time", f"{spent:.1f} seconds for {len(data)} bytes", data)
        peak = _peak()
        if self.peak and peak > self.peak + self.target.limit(len(data)):
            self._look_at_memory(data, peak - self.peak)
        if self.peak:
            self.peak = max(self.peak, peak)

    def _look_at_memory(self, data: bytes, more: int) -> None:
        """Much memory came into use; whether this input took it, and will again, Python's count tells."""
        used = memory_of(self.target, data, self.scratch)
        if used > self.target.limit(len(data)) or more > NATIVE + self.target.limit(len(data)):
            self._note("memory", f"{max(used, more) >> 20} MiB for {len(data)} bytes", data)

    def _note(self, signature: str, text: str, data: bytes) -> None:
        key = hashlib.sha256(signature.encode()).hexdigest()[:8]
        if key in self.findings:
            return
        (self.place / f"finding-{key}").write_bytes(data)
        self.findings[key] = f"{key}: {' '.join(text.split())[:200]} [{signature}]".replace("|", "/")
        (self.place / "findings.json").write_text(json.dumps(self.findings, indent=1))
        print(f"FINDING {self.findings[key]}", file=sys.stderr, flush=True)  # noqa: T201

    def tell(self) -> None:
        """Leave word for the process that waits, whatever becomes of this one."""
        self.told = time.monotonic()
        document = {"executions": self.executions, "peak": _peak()}
        (self.place / "progress.json").write_text(json.dumps(document))


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises Broken when the block takes longer; compiled code must come to its end first."""
    from fuzz_targets.target import Broken

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Broken(f"it takes more than {seconds} seconds")

    previous = signal.signal(signal.SIGALRM, stop)
    before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, previous)


def memory_of(target: Target, data: bytes, scratch: Path) -> int:
    """The most bytes that an input takes, so far as Python counts them (numpy's arrays too)."""
    tracemalloc.start()
    try:
        target.read(data, scratch)
    except Exception:
        pass
    finally:
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return used


def _signature(error: BaseException) -> str:
    """Where an error comes from: its kind and the last line of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if any(f"/{name}/" in frame.filename for name in OURS)]
    last = (ours or frames)[-1]
    text = str(error).split(":")[0][:40] if type(error).__name__ == "Broken" else ""
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno} {text}".strip()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _by_mutation(watch: Watch, seeds: list[bytes], *, seconds: float) -> None:
    from fuzz_targets.mutation import mutated

    chance, end = random.Random(0), time.monotonic() + seconds
    pool = list(seeds)
    target = watch.target
    while time.monotonic() < end:
        data = mutated(chance.choice(pool), chance, words=target.words, longest=target.longest)
        watch(data)
        if chance.random() < 0.01:  # changes of changes lead farther
            pool.append(data)
            del pool[len(seeds) : -200]


def _by_atheris(watch: Watch, seeds: list[bytes], *, seconds: float) -> None:
    import atheris

    target, place = watch.target, watch.place
    corpus = place / "corpus"
    corpus.mkdir(exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    entries = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words if len(word) < 60)
    (place / "words").write_text("".join(f'"{entry}"\n' for entry in entries))
    options = {
        "max_total_time": max(int(seconds), 1),
        "max_len": max(target.longest, *map(len, seeds)),
        "timeout": HANG,
        "rss_limit_mb": 6000,
        "dict": place / "words",
        "artifact_prefix": f"{place}/",
        "print_final_stats": 1,
    }

    def one(data: bytes) -> None:
        watch(data)

    atheris.Setup([sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], one)
    atheris.Fuzz()
