"""What the compiled jieba needs, as arrays: the trie of its dictionary and the tables of its Markov model.

Built in about a second from the installed jieba package and a user dictionary, kept in the user's private
cache folder under the hash of both, and mapped into memory from then on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.errors import TextkitError
from textkit.text.tokenizers import jieba_trie
from textkit.text.tokenizers.jieba_dictionary import (
    jieba_package,
    package_folder,
    package_version,
    private_folder,
    segmenter,
)
from textkit.text.tokenizers.jieba_unknown import IMPOSSIBLE

FORMAT = 5
KEPT = 8  # files in the cache, some ten megabytes each
HEADER = 4096  # bytes: what follows lies on a page of its own
WESTERN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+#&._%-"  # labels 1 to 69
FIRST_HAN, LAST_HAN = 0x4E00, 0x9FD5
TAGS = "BEMS"  # beginning, end and middle of a word; a word of a single character
STEPS = ("EB", "SB", "BM", "MM", "ES", "SS", "BE", "ME")  # what can follow what
_TYPES = {"units": "<u8", "weights": "<f8", "alphabet": "<u2", "emission": "<f8", "transition": "<f8"}


@dataclass(frozen=True, eq=False)
class JiebaModel:
    """`units` (S,) is the trie, see `jieba_trie`; `weights` (K,) are log frequencies less log total;
    the first two are that of a character never seen.

    `alphabet` (65,536,) int16 are the labels of the code points: 0 for what is in no word, 1 to 69 for
    letters, digits and signs, then Han characters, the most used first; one label serves all of those
    that no word and no table holds. `emission` (labels, 4) and `transition` (12,)
    are the Markov model's: log probabilities in the order B, E, M, S; the starts, then the eight
    transitions that occur. `forbidding` says whether words are forbidden.
    """

    units: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float64]
    alphabet: npt.NDArray[np.uint16]
    emission: npt.NDArray[np.float64]
    transition: npt.NDArray[np.float64]
    forbidding: bool

    def __post_init__(self) -> None:
        for name in _TYPES:  # built or mapped, the arrays are of one type to the compiled code
            getattr(self, name).flags.writeable = False


@functools.lru_cache(maxsize=8)
def load_model(user_dictionary: bytes) -> JiebaModel:
    """The model, from the cache or built; one that is damaged there is built anew."""
    digest = _digest(user_dictionary)
    folder = private_folder()
    path = folder and folder / f"jieba-{package_version()}-{digest[:16]}.trie"
    if path and (model := _read(path, digest)):
        return model
    model = build_model(user_dictionary)
    if path:
        with contextlib.suppress(TextkitError):  # a full disk: the next process builds it again
            atomic.write_bytes(path, _content(model, digest), durable=False)
            _prune(path.parent)
    return model


def _prune(folder: Path) -> None:
    """Keep the newest files of the cache; every change of a user dictionary leaves one."""
    with contextlib.suppress(OSError):
        kept = sorted(folder.glob("jieba-*"), key=lambda file: file.stat().st_mtime_ns)
        for file in kept[:-KEPT]:
            file.unlink()


def _digest(user_dictionary: bytes) -> str:
    """A hash of all that the model is made of."""
    package = package_folder()
    hashed = hashlib.sha256(f"{FORMAT} {package_version()}".encode())
    tables = (f"finalseg/prob_{name}.py" for name in ("start", "trans", "emit"))
    for name in ("dict.txt", *tables):
        hashed.update(hashlib.sha256((package / name).read_bytes()).digest())
    hashed.update(user_dictionary)
    return hashed.hexdigest()


def _content(model: JiebaModel, digest: str) -> bytes:
    arrays = [np.ascontiguousarray(getattr(model, name), kind) for name, kind in _TYPES.items()]
    data = b"".join(array.tobytes() for array in arrays)
    header = {
        "digest": digest,
        "jieba": package_version(),
        "sizes": [array.size for array in arrays],
        "forbidding": model.forbidding,
    }
    header["sha256"] = _sum(header, data)
    return json.dumps(header).encode().ljust(HEADER) + data


def _sum(header: dict[str, Any], data: bytes | memoryview) -> str:
    """A hash of the arrays and of what the header says of them: compiled code trusts both."""
    said = json.dumps(header, sort_keys=True)
    return hashlib.sha256(said.encode() + hashlib.sha256(data).digest()).hexdigest()


def _read(path: Path, digest: str) -> JiebaModel | None:
    """The model in a file, None when there is none or it is not whole."""
    try:
        data = np.memmap(path, np.uint8, mode="r")
        header = json.loads(data[:HEADER].tobytes())
        found = header.pop("sha256")
        if header["digest"] != digest or _sum(header, data[HEADER:].data) != found:
            return None
        arrays: dict[str, npt.NDArray[Any]] = {}
        place = HEADER
        for (name, kind), size in zip(_TYPES.items(), header["sizes"], strict=True):
            end = place + size * np.dtype(kind).itemsize
            arrays[name] = np.asarray(data[place:end]).view(kind)
            place = end
        arrays["emission"] = arrays["emission"].reshape(-1, 4)
        return JiebaModel(**arrays, forbidding=header["forbidding"])
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        return None


def build_model(user_dictionary: bytes) -> JiebaModel:
    """The arrays, from jieba's dictionary and tables and a user dictionary."""
    tokenizer, forbidden = segmenter(user_dictionary)
    words = [word for word, frequency in tokenizer.FREQ.items() if frequency or word in forbidden]
    frequencies = [tokenizer.FREQ[word] for word in words]
    emissions = _emissions()
    label = np.zeros(1 << 16, np.uint16)
    label[[ord(character) for character in WESTERN]] = np.arange(1, len(WESTERN) + 1)
    label[FIRST_HAN : LAST_HAN + 1] = _han_labels(words, frequencies, emissions)
    labels, lengths = jieba_trie.labels_of(words, label)
    known = np.minimum.reduceat(labels, np.cumsum(lengths) - lengths) > 0
    # The logarithms as jieba takes them, by Python's own function: the last bit decides between equals.
    log_total = math.log(tokenizer.total)
    kinds = sorted(set(frequencies) - {0})
    unseen = math.log(1) - log_total
    weights = np.array([unseen, unseen, *(math.log(kind) - log_total for kind in kinds)])
    weight_of = {kind: place for place, kind in enumerate(kinds, 2)} | {0: jieba_trie.FORBIDDEN}
    units = jieba_trie.build_units(
        labels[np.repeat(known, lengths)],
        lengths[known],
        np.array([weight_of[frequency] for frequency in frequencies])[known],
        heat=np.array(frequencies, np.float64)[known],
        largest=int(label.max()),
    )
    emission = np.full((int(label.max()) + 1, 4), IMPOSSIBLE)
    for tag, table in enumerate(emissions):
        characters = [character for character in table if FIRST_HAN <= ord(character) <= LAST_HAN]
        emission[[label[ord(character)] for character in characters], tag] = [table[c] for c in characters]
    return JiebaModel(units, weights, label, emission, _transitions(), bool(forbidden))


def _han_labels(
    words: list[str], frequencies: list[int], emissions: list[dict[str, float]]
) -> npt.NDArray[np.uint16]:
    """The label of each Han character: by how often it occurs, so that the usual ones lie together."""
    codes = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
    times = np.repeat(np.array(frequencies, np.float64), np.fromiter(map(len, words), np.int64, len(words)))
    heat = np.bincount(codes, weights=times + 1, minlength=LAST_HAN + 1)
    for table in emissions:
        heat[[ord(character) for character in table]] += 1
    heat = heat[FIRST_HAN : LAST_HAN + 1]
    order = np.argsort(-heat, kind="stable")
    labels = np.empty(len(heat), np.uint16)
    labels[order] = np.minimum(np.arange(len(heat)), np.count_nonzero(heat)) + len(WESTERN) + 1
    return labels


def _emissions() -> list[dict[str, float]]:
    tables = jieba_package().finalseg.emit_P
    return [tables[tag] for tag in TAGS]


def _transitions() -> npt.NDArray[np.float64]:
    model = jieba_package().finalseg
    starts = [model.start_P[tag] for tag in TAGS]
    return np.array(starts + [model.trans_P[step[0]][step[1]] for step in STEPS])
