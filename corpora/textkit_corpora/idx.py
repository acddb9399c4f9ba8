"""The idx format of the handwritten digits of LeCun, Cortes and Burges: a header, then bytes in row order.

The header is two zero bytes, the type of the values (0x08: unsigned bytes), the number of dimensions, and
each dimension as four bytes, the highest first (http://yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from textkit.data.images import Images
from textkit.errors import InputError
from textkit_corpora.compression import reading, regular_size, split_suffix

_BYTES = 0x08
_DIMENSIONS = 8  # more than any file of images has
_DEFLATE = 1032  # deflate never packs better than 1032 to 1, so a header that asks for more lies
_CHUNK = 1 << 20
_IMAGES = re.compile(r"(.*?)-?images([-.])idx3-ubyte(\.gz)?", re.ASCII)


def read_images(path: Path | str) -> Images:
    """The images and classes of a folder that holds one pair of idx files, plain or .gz.

    The pair is `*-images-idx3-ubyte` and `*-labels-idx1-ubyte` (`.idx3-ubyte` will do). Where a folder holds
    more than one pair, such as train and t10k, name the file of the images: its labels are those beside it.

    Raises InputError for a pair that is not there, not clear, damaged, or does not fit together.
    """
    pixels_file, labels_file = _pair(Path(path))
    pixels, classes = read_idx(pixels_file), read_idx(labels_file)
    for file, array, dimensions in ((pixels_file, pixels, 3), (labels_file, classes, 1)):
        if array.ndim != dimensions:
            raise InputError(f"{file}: has {array.ndim} dimensions, not {dimensions}; is it another file?")
    if len(pixels) != len(classes):
        raise InputError(
            f"{pixels_file}: has {len(pixels):,} images, {labels_file} has {len(classes):,} labels; "
            "use the two files of one set"
        )
    return Images(pixels, classes.astype(np.int64))


def read_idx(path: Path | str) -> npt.NDArray[np.uint8]:
    """The unsigned bytes of an idx file, plain or .gz, in the shape its header gives.

    Nothing is allocated for a header before the file is known to be large enough for it.

    Raises InputError for what is not such a file, or not all of it.
    """
    size, suffix = regular_size(path), split_suffix(path)[1]
    if suffix not in ("", ".gz"):
        raise InputError(f"{path}: idx files are read plain or as .gz; unpack it")
    with reading(path) as source:
        shape = _shape(source.stream, name=source.name)
        wanted, header = math.prod(shape), 4 + 4 * len(shape)
        most = math.inf if size is None else size * _DEFLATE if suffix else size - header
        if not wanted:
            raise InputError(f"{path}: is empty: its header promises {_told(shape)}; name another file")
        if wanted > most:
            raise InputError(f"{path}: is cut short: its header promises {_told(shape)}; copy it again")
        data = _read(source.stream, wanted + 1)
    if len(data) < wanted:
        raise InputError(
            f"{path}: is cut short: its header promises {_told(shape)}, it holds {len(data):,}; copy it again"
        )
    if len(data) > wanted:
        raise InputError(f"{path}: holds more than its header promises, {_told(shape)}; copy it again")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _shape(stream: BinaryIO, *, name: str) -> tuple[int, ...]:
    magic = _read(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= _DIMENSIONS:
        raise InputError(
            f"{name}: is no idx file (it begins with {magic.hex(' ') or 'nothing'}); "
            "name files such as t10k-images-idx3-ubyte.gz"
        )
    if magic[2] != _BYTES:
        raise InputError(f"{name}: its values are of type {magic[2]:#04x}, not unsigned bytes (0x08)")
    sizes = _read(stream, 4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise InputError(f"{name}: is cut short within its header; copy it again")
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def _read(stream: BinaryIO, count: int) -> bytearray:
    """Up to `count` bytes; what is allocated grows with what is there, not with what was asked for."""
    data = bytearray()
    while len(data) < count and (piece := stream.read(min(_CHUNK, count - len(data)))):
        data += piece
    return data


def _told(shape: tuple[int, ...]) -> str:
    return f"{' x '.join(map(str, shape))} = {math.prod(shape):,} bytes"


def _pair(path: Path) -> tuple[Path, Path]:
    """The file of the images, and that of their labels."""
    if not path.is_dir():
        found = _IMAGES.fullmatch(path.name)
        if not path.exists() or found is None:
            reason = "is no file of images" if path.exists() else "no such folder"
            raise InputError(f"{path}: {reason}; name a folder with files such as t10k-images-idx3-ubyte.gz")
        return path, _labels(path)
    # A file that lies there both packed and plain is one file; the plain one is faster to read.
    files = {entry.name.removesuffix(".gz"): entry for entry in sorted(path.iterdir(), reverse=True)}
    images = sorted(file for name, file in files.items() if _IMAGES.fullmatch(name))
    if not images:
        raise InputError(f"{path}: holds no images; it should have files such as t10k-images-idx3-ubyte.gz")
    if len(images) > 1:
        names = ", ".join(file.name for file in images)
        raise InputError(f"{path}: holds more than one set of images; name one of its files ({names})")
    return images[0], _labels(images[0])


def _labels(images: Path) -> Path:
    plain = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for name in (plain, f"{plain}.gz"):
        if (file := images.with_name(name)).exists():
            return file
    raise InputError(f"{images}: its labels are missing; put {plain}.gz beside it")
