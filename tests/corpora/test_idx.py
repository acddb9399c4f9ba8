"""The idx format: what was written comes back, and no header can make the reader believe too much."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from textkit.errors import InputError
from textkit_corpora import read_images
from textkit_corpora.idx import read_idx

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array: np.ndarray, *, shape: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    shape = shape or array.shape
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + array.tobytes()


def write_pair(folder: Path, prefix: str = "t10k-", end: str = "-idx{}-ubyte", suffix: str = "") -> Path:
    pack = gzip.compress if suffix else bytes
    (folder / f"{prefix}images{end.format(3)}{suffix}").write_bytes(pack(idx(PIXELS)))
    (folder / f"{prefix}labels{end.format(1)}{suffix}").write_bytes(pack(idx(np.array([7, 1], np.uint8))))
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("end", ["-idx{}-ubyte", ".idx{}-ubyte"])
def test_a_pair_comes_back(tmp_path: Path, end: str, suffix: str) -> None:
    images = read_images(write_pair(tmp_path, end=end, suffix=suffix))
    assert np.array_equal(images.pixels, PIXELS)
    assert images.classes.tolist() == [7, 1]
    assert (images.pixels.dtype, images.classes.dtype) == (np.uint8, np.int64)


def test_two_sets_need_a_choice(tmp_path: Path) -> None:
    write_pair(write_pair(tmp_path), prefix="train-", suffix=".gz")
    with pytest.raises(InputError, match=r"more than one set .*\(t10k-images-idx3-ubyte, train-images"):
        read_images(tmp_path)
    assert len(read_images(tmp_path / "train-images-idx3-ubyte.gz")) == 2


def test_a_file_plain_and_packed_is_one(tmp_path: Path) -> None:
    write_pair(write_pair(tmp_path), suffix=".gz")
    assert len(read_images(tmp_path)) == 2


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no images; it should have files such as t10k-images"):
        read_images(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_images(tmp_path / "none")
    write_pair(tmp_path)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    with pytest.raises(InputError, match="is no file of images"):
        read_images(labels)
    labels.unlink()
    with pytest.raises(InputError, match=r"its labels are missing; put t10k-labels-idx1-ubyte\.gz beside"):
        read_images(tmp_path)


def test_files_that_do_not_fit_together(tmp_path: Path) -> None:
    labels = write_pair(tmp_path) / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(InputError, match=r"has 2 images, .* has 3 labels; use the two files of one set"):
        read_images(tmp_path)
    labels.write_bytes(idx(PIXELS))
    with pytest.raises(InputError, match="has 3 dimensions, not 1; is it another file"):
        read_images(tmp_path)
    # Dimensions of which one is 0 ask for nothing, whatever the others are.
    labels.with_name("t10k-images-idx3-ubyte").write_bytes(
        struct.pack(">HBB3I", 0, 8, 3, 0, 2**32 - 1, 2**32 - 1)
    )
    with pytest.raises(InputError, match=r"is empty: its header promises 0 x 4294967295 x 4294967295 = 0 b"):
        read_images(tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no idx file (it begins with nothing)"),
        (b"\0\0\x08", "is no idx file (it begins with 00 00 08)"),
        (b"PK\x03\x04" + bytes(99), "is no idx file (it begins with 50 4b 03 04)"),
        (b"\0\0\x08\0", "is no idx file"),
        (b"\0\0\x08\xff" + bytes(2000), "is no idx file"),
        (b"\0\0\x08\x03" + bytes(9), "is cut short within its header; copy it again"),
        (idx(PIXELS, kind=0x0D), "its values are of type 0x0d, not unsigned bytes (0x08)"),
        (idx(PIXELS)[:-1], "is cut short: its header promises 2 x 3 x 4 = 24 bytes"),
        (idx(PIXELS) + b"x", "holds more than its header promises, 2 x 3 x 4 = 24 bytes; copy it again"),
    ],
)
def test_damaged_files(tmp_path: Path, data: bytes, message: str, suffix: str) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_bytes(gzip.compress(data) if suffix else data)
    with pytest.raises(InputError) as caught:
        read_idx(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_header_that_lies_costs_no_memory(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"f{suffix}"
    data = idx(PIXELS, shape=(2**32 - 1, 2**32 - 1, 2**32 - 1))
    path.write_bytes(gzip.compress(data) if suffix else data)
    tracemalloc.start()
    with pytest.raises(InputError, match="is cut short: its header promises 4294967295 x"):
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(idx(PIXELS) + bytes(100_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(InputError, match="holds more than its header promises"):
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_packed_files(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(idx(PIXELS))[:-6])
    with pytest.raises(InputError, match="is cut short"):
        read_idx(tmp_path / "f.gz")
    with pytest.raises(InputError, match=r"read plain or as \.gz; unpack it"):
        read_idx(tmp_path / "f.xz")


@pytest.mark.data
def test_real_digits() -> None:
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    images = read_images(Path(os.environ["TEXTKIT_DATA"]) / "images")
    assert images.pixels.shape == (10_000, 28, 28)
    assert np.bincount(images.classes).min() > 800
