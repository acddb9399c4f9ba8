"""Arrays in memory and in files without a name: the same to work with, gone afterwards, honest when full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from textkit.errors import TextkitError
from textkit.scratch import IN_MEMORY, Scratch, release


@pytest.fixture(params=["memory", "files"])
def scratch(request: pytest.FixtureRequest, tmp_path: Path) -> Scratch:
    return IN_MEMORY if request.param == "memory" else Scratch(tmp_path)


def test_arrays_hold_what_is_written(scratch: Scratch) -> None:
    array = scratch.empty(1000, np.float32)
    array[:] = np.arange(1000)
    release(array)
    release(array[10:20])
    assert np.array_equal(array, np.arange(1000, dtype=np.float32))
    assert len(scratch.empty(0, np.int64)) == 0


def test_columns_join_their_parts(scratch: Scratch) -> None:
    column = scratch.column(np.int64)
    column.append(np.array([1, 2], dtype=np.int32))
    column.append(np.empty(0, dtype=np.int64))
    column.append(np.array([3]))
    assert len(column) == 3
    joined = column.finish()
    assert joined.dtype == np.int64
    assert joined.tolist() == [1, 2, 3]
    assert scratch.column(np.uint8).finish().tolist() == []


def test_files_have_no_name(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    array, column = scratch.empty(5, np.int32), scratch.column(np.int32)
    column.append(array)
    assert list(tmp_path.iterdir()) == []
    del array, column
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    for make in (lambda s: s.empty(5, np.int32), lambda s: s.column(np.int8).append(np.zeros(3))):
        with pytest.raises(TextkitError, match=r"gone: no temporary files.*: no such file or directory"):
            make(Scratch(tmp_path / "gone"))


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from textkit.errors import TextkitError
from textkit.scratch import Scratch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
scratch = Scratch(Path(sys.argv[1]))
column = scratch.column(np.int64)
for make in (lambda: scratch.empty(1 << 20, np.int32), lambda: column.append(np.zeros(1 << 20))):
    try:
        make()
    except TextkitError as error:
        print(error)
"""


def test_a_full_disk_is_an_error_when_room_is_asked_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        f"{tmp_path}: no temporary files for 4,194,304 bytes: file too large",
        f"{tmp_path}: no temporary files for 8,388,608 bytes: file too large",
    ]
