"""What can be told of an installation without importing what may be broken."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import textkit
from textkit_cli.findings import DoubtError, Finding, checked

DISTRIBUTION = "textkit-nlp"
# What an installation without them lacks.
EXTRAS = {
    "ctranslate2": "textkit nmt-convert",
    "dask": "--engine dask",
    "fonts": "Chinese in pictures where the system has no such font",
    "huggingface": "tokenizers for Hugging Face's libraries",
    "onnx": "ONNX: textkit graph -o F.onnx, textkit lm-convert",
    "tensorboard": "--tensorboard",
}
LITTLE = 1e9  # bytes of memory or disk
TOO_LITTLE = 5e7
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def diagnose() -> Iterator[Finding]:
    """Versions, machine, disk, encoding."""
    checks: dict[str, Callable[[], str]] = {
        "python": _python,
        "textkit": _textkit,
        "libraries": _libraries,
        "processor": _processor,
        "memory": _memory,
        "encoding": _encoding,
        "temporary folder": _temporary,
        "room for caches": lambda: _room(_existing(_cache_home())),
    }
    for what, check in checks.items():
        yield checked(what, check, package=DISTRIBUTION if what in ("textkit", "libraries") else "")
    for extra, gives in EXTRAS.items():
        yield checked(f"extra {extra}", lambda extra=extra, gives=gives: _extra(extra, gives))  # type: ignore[misc]


def _python() -> str:
    found = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs it may have made it run
        raise DoubtError(found, "textkit needs Python 3.11 or newer")
    return found


def _textkit() -> str:
    installed = importlib.metadata.version(DISTRIBUTION)
    where = Path(textkit.__file__).parent
    if installed != textkit.__version__:
        raise DoubtError(
            f"{textkit.__version__} at {where}, but {installed} is installed",
            "install it again: pip install .",
        )
    return f"{installed} at {where}"


def _required(extra: str = "") -> list[str]:
    """The names of the distributions that textkit, or an extra of it, needs."""
    lines = importlib.metadata.requires(DISTRIBUTION) or []
    wanted = re.compile(rf"extra\s*==\s*['\"]{extra}['\"]") if extra else None
    chosen = (line for line in lines if (wanted.search(line) if wanted else "extra" not in line))
    return [match[0] for line in chosen if (match := _NAME.match(line))]


def _version(name: str) -> str:
    """What is installed; nothing where it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _libraries() -> str:
    versions = {name: _version(name) for name in _required()}
    if missing := [name for name, version in versions.items() if not version]:
        raise ModuleNotFoundError(f"not installed: {', '.join(missing)}; pip install {' '.join(missing)}")
    if outside := list(_outside()):
        raise DoubtError(f"not in the versions asked for: {', '.join(outside)}", "pip install -U textkit-nlp")
    shown = ("torch", "numba", "numpy", "spacy", "scikit-learn")
    told = ", ".join(f"{name} {versions[name]}" for name in shown if name in versions)
    return f"all {len(versions)} that are needed; {told}"


def _outside() -> Iterator[str]:
    """Installed versions that textkit was not made for; none where that cannot be told."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return
    for line in importlib.metadata.requires(DISTRIBUTION) or []:
        if "extra" not in line:
            needed = Requirement(line)
            version = _version(needed.name)
            if version and not needed.specifier.contains(version, prereleases=True):
                yield f"{needed.name} {version} ({needed.specifier})"


def _extra(name: str, gives: str) -> str:
    missing = [each for each in _required(name) if not _version(each)]
    if missing or not _required(name):
        return f"not installed; pip install '{DISTRIBUTION}[{name}]' gives {gives}"
    return ", ".join(f"{each} {_version(each)}" for each in _required(name))


def _processor() -> str:
    named = re.search(r"model name\s*:\s*(.+)", _read("/proc/cpuinfo"))
    name = named[1].strip() if named else platform.processor() or platform.machine()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS")
    found = f"{name}, {usable} cores{f', OMP_NUM_THREADS={asked}' if asked else ''}"
    if asked and asked.isdecimal() and int(asked) > usable:
        raise DoubtError(found, f"more threads than cores are slow: set OMP_NUM_THREADS={usable}")
    return found


def _memory() -> str:
    fields = dict(re.findall(r"(\w+):\s+(\d+) kB", _read("/proc/meminfo")))
    if "MemAvailable" not in fields:
        return "cannot be told here"
    total, free = (int(fields[name]) * 1024 for name in ("MemTotal", "MemAvailable"))
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    if limit.isdecimal() and int(limit) < total:
        total = int(limit)
        free = min(free, max(total - int(_read("/sys/fs/cgroup/memory.current").strip() or 0), 0))
    found = f"{total / 1e9:.1f} GB, {free / 1e9:.1f} GB free"
    if free < LITTLE:
        raise DoubtError(found, "end other programs, or use --memory, smaller models and fewer jobs")
    return found


def _encoding() -> str:
    names = {sys.getfilesystemencoding(), locale.getpreferredencoding(False)}
    found = f"{sys.getfilesystemencoding()} for names, {locale.getpreferredencoding(False)} for the terminal"
    if any(name.lower().replace("-", "") != "utf8" for name in names):
        raise DoubtError(
            f"{found}; files are read as UTF-8 all the same", "set LC_ALL=C.UTF-8 or PYTHONUTF8=1"
        )
    return found


def _temporary() -> str:
    with tempfile.NamedTemporaryFile(prefix="textkit-doctor-") as file:
        file.write(b"x" * 4096)
        file.flush()
    return _room(Path(tempfile.gettempdir()))


def _cache_home() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("textkit"))


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _room(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {free / 1e9:,.1f} GB free"
    if free < TOO_LITTLE:
        raise OSError(f"{found}; free some room")
    if free < LITTLE:
        raise DoubtError(found, "free some room")
    return found


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
