"""jieba's dictionary: loaded once a process, cached in a private folder, extended by user dictionaries.

jieba itself caches its dictionary as /tmp/jieba.cache, which anyone on the machine may have put there,
and reads it with `marshal`, which is not safe on data from others. Here the cache is plain data, in a
folder that only its owner can open, and made anew when its checksum does not match.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textkit import atomic
from textkit.errors import InputError, TextkitError, UsageError

_CHECKSUM = 32  # bytes of a sha256
# A word may hold blanks, as one in jieba's sample does, where a frequency tells where it ends. It is never
# found in text, but its frequency counts in the total.
_WORD = r"(?P<word>\S+|\S.*\S(?= [0-9]+( [a-z]+)?$))"
_ENTRY = re.compile(_WORD + r"(?P<frequency> [0-9]{1,300})?(?P<tag> [a-z]+)?")


@functools.lru_cache(maxsize=1)
def jieba_package() -> Any:
    """The jieba package, imported without the warnings that its age causes under new Pythons."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*invalid escape sequence", SyntaxWarning)
        warnings.filterwarnings("ignore", ".*invalid escape sequence", DeprecationWarning)
        warnings.filterwarnings("ignore", ".*pkg_resources", UserWarning)
        warnings.filterwarnings("ignore", ".*pkg_resources", DeprecationWarning)
        import jieba
    return jieba


def package_folder() -> Path:
    """Where jieba lies, found without importing it; raises UsageError when it is not installed."""
    found = importlib.util.find_spec("jieba")
    if found is None or found.origin is None:
        raise UsageError("jieba is not installed; install it with: pip install jieba")
    return Path(found.origin).parent


@functools.lru_cache(maxsize=1)
def package_version() -> str:
    """The version of the installed jieba."""
    return importlib.metadata.version("jieba")


def private_folder() -> Path | None:
    """The user's cache folder, or one under the temporary folder; None when neither can be made private."""
    import platformdirs

    user = "user" if sys.platform == "win32" else str(os.getuid())
    folders = (Path(platformdirs.user_cache_dir("textkit")), Path(tempfile.gettempdir()) / f"textkit-{user}")
    return next((folder for folder in folders if _make_private(folder)), None)


def _make_private(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()  # not stat: a link could be another's, and lead anywhere
        if not stat.S_ISDIR(status.st_mode):
            return False
        if sys.platform != "win32":
            if status.st_uid != os.getuid():
                return False
            if stat.S_IMODE(status.st_mode) & 0o077:
                folder.chmod(0o700)
            if stat.S_IMODE(status.st_mode) & 0o022:  # what others may have put there is not to be trusted
                for file in folder.iterdir():
                    if file.lstat().st_uid != status.st_uid:
                        file.unlink()
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@functools.lru_cache(maxsize=1)
def base_frequencies() -> tuple[dict[str, int], int]:
    """jieba's own words and their prefixes with their frequencies, and the sum of them. Not to be changed."""
    content = (package_folder() / "dict.txt").read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    folder = private_folder()
    cache = folder and folder / f"jieba-{digest}.prefixes"
    fields = content.decode("utf-8").split()  # of each word the word, its frequency, and a tag
    words, numbers = fields[::3], list(map(int, fields[1::3]))
    prefixes = _read_cache(cache, digest) if cache else None
    if prefixes is None:
        prefixes = list(_prefixes(words))
        if cache:
            data = "\n".join(prefixes).encode()
            with contextlib.suppress(TextkitError):  # a full disk: the next process finds them again
                atomic.write_bytes(cache, _cache_sum(digest, data) + data, durable=False)
    frequencies = dict.fromkeys(prefixes, 0)
    frequencies.update(zip(words, numbers, strict=True))
    return frequencies, sum(numbers)


def _prefixes(words: Iterable[str]) -> set[str]:
    """Every beginning of a word, in less time than one word after the other takes."""
    found = {word[0] for word in words}
    shorter = set([word[:-1] for word in words if len(word) > 2])  # noqa: C403 - a list is quicker
    while shorter:
        found |= shorter
        shorter = {word[:-1] for word in shorter if len(word) > 2} - found
    return found


def _cache_sum(digest: str, data: bytes) -> bytes:
    """A hash of the cache and of the dictionary it was made from: that of another one is not taken for it."""
    return hashlib.sha256(digest.encode() + data).digest()


def _read_cache(path: Path, digest: str) -> list[str] | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if _cache_sum(digest, data[_CHECKSUM:]) != data[:_CHECKSUM]:
        return None
    return data[_CHECKSUM:].decode().split("\n")


def parse_entries(user_dictionary: bytes) -> list[tuple[str, int | None]]:
    """The words of a user dictionary with their frequencies: a line is `word [frequency] [tag]`.

    A byte order mark, CRLF and blank lines are let pass; tags are not used. Raises InputError naming
    the line that cannot be understood.

    >>> parse_entries("云计算 5\\n石墨烯 n\\n".encode())
    [('云计算', 5), ('石墨烯', None)]
    """
    entries = []
    for number, line in enumerate(user_dictionary.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            entry = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise InputError(f"user dictionary, line {number}: not UTF-8 (byte {error.start + 1})") from error
        if not entry:
            continue
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise InputError(
                f"user dictionary, line {number}: needs 'word [frequency] [tag]' with single spaces, "
                f"a whole number and a tag of small letters, not {entry[:80]!r}"
            )
        frequency = match["frequency"]
        entries.append((match["word"], int(frequency) if frequency else None))
    return entries


@functools.lru_cache(maxsize=8)
def segmenter(user_dictionary: bytes) -> tuple[Any, frozenset[str]]:
    """A `jieba.Tokenizer` of our own, and the words that the user dictionary forbids (frequency 0).

    jieba keeps forbidden words in a set shared by the whole process, so they are kept apart here.
    """
    segmenter = jieba_package().Tokenizer()
    segmenter.FREQ, segmenter.total = base_frequencies()
    segmenter.initialized = True  # so that jieba neither reads nor writes a cache, nor logs
    entries = parse_entries(user_dictionary)
    if entries:
        segmenter.FREQ = segmenter.FREQ.copy()
    for word, frequency in entries:
        # As jieba's add_word: with no frequency given, just enough for the word to be cut out.
        frequency = segmenter.suggest_freq(word) if frequency is None else frequency
        segmenter.FREQ[word] = frequency
        segmenter.total += frequency
        for end in range(1, len(word)):
            segmenter.FREQ.setdefault(word[:end], 0)
    return segmenter, frozenset(word for word, _ in entries if segmenter.FREQ[word] == 0)
