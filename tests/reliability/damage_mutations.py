"""What may happen to the files of a folder: accidents, and edits that make the checksums fit again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textkit.lm.ngram.table_file import SUFFIXES, write_table
from textkit.train.manifest import to_text

HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, 10**30, 1e308, -0.5, "", "x", "../x", "\0", "\x1b[2J", [], [[]], {},
    ["x", 1],
)  # fmt: skip
_UNUSED = ("log.jsonl", "curve.png", "times.json", ".lock")  # in a run, and not in its manifest

_UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError)

Damage = Callable[[random.Random, Path, Path], str]


def files_of(folder: Path) -> list[Path]:
    """Every file, in an order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _some(dice: random.Random, folder: Path) -> Path:
    files = files_of(folder)
    return dice.choice([file for file in files if file.name not in _UNUSED] or files)


def _change(change: Callable[[random.Random, bytes], bytes]) -> Damage:
    def damage(dice: random.Random, folder: Path, _other: Path) -> str:
        file = dice.choice(files_of(folder)) if dice.random() < 0.1 else _some(dice, folder)
        file.write_bytes(change(dice, file.read_bytes()))
        return file.relative_to(folder).as_posix()

    return damage


def _flipped(dice: random.Random, data: bytes) -> bytes:
    if not data:
        return b"\x01"
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


def _zeroed(dice: random.Random, data: bytes) -> bytes:
    place = dice.randrange(len(data) + 1)
    size = min(dice.choice((1, 8, 512, 4096)), len(data) - place)
    return data[:place] + bytes(size) + data[place + size :]


def _doubled(dice: random.Random, data: bytes) -> bytes:
    """A line, or some bytes, twice: keys that stand twice, too."""
    lines = data.split(b"\n")
    number = dice.randrange(len(lines))
    return b"\n".join([*lines[: number + 1], *lines[number:]])


def _gone(dice: random.Random, folder: Path, _other: Path) -> str:
    file = _some(dice, folder)
    file.unlink()
    return file.relative_to(folder).as_posix()


def _folder(dice: random.Random, folder: Path, _other: Path) -> str:
    file = _some(dice, folder)
    file.unlink()
    file.mkdir()
    return file.relative_to(folder).as_posix()


def _swapped(dice: random.Random, folder: Path, _other: Path) -> str:
    one, two = _some(dice, folder), _some(dice, folder)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    return f"{one.relative_to(folder)} and {two.relative_to(folder)}"


def _of_another(dice: random.Random, folder: Path, other: Path) -> str:
    file = _some(dice, folder)
    there = other / file.relative_to(folder)
    if there.is_file():
        shutil.copyfile(there, file)
    return file.relative_to(folder).as_posix()


ACCIDENTS: dict[str, Damage] = {
    "truncated": _change(lambda dice, data: data[: dice.randrange(len(data) or 1)]),
    "bit flipped": _change(_flipped),
    "zeroed": _change(_zeroed),
    "line doubled": _change(_doubled),
    "longer": _change(lambda dice, data: data + dice.randbytes(dice.choice((1, 100)))),
    "empty": _change(lambda _dice, _data: b""),
    "noise": _change(lambda dice, data: dice.randbytes(len(data) or 9)),
    "deleted": _gone,
    "made a folder": _folder,
    "swapped": _swapped,
    "of another run": _of_another,
}


def seal(folder: Path) -> None:
    """Make every checksum of a run or model folder fit its files, as a forger would."""
    for name, sealed in (("pipeline.json", _recipe), ("header.json", _header), ("manifest.json", _manifest)):
        for file in folder.rglob(name):
            with contextlib.suppress(*_UNREADABLE):
                file.write_text(sealed(file.parent, json.loads(file.read_bytes())))


def _recipe(_folder: Path, document: dict[str, Any]) -> str:
    text = json.dumps(document["stages"], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return json.dumps(document | {"digest": hashlib.sha256(text.encode()).hexdigest()[:12]})


def _header(folder: Path, document: dict[str, Any]) -> str:
    document.pop("digest", None)
    document["vocab"] = _sum(folder / "vocab.txt")
    recipes = (folder / "pipeline.json", folder.parent / "pipeline.json")
    recipe = next(path for path in recipes if path.exists())
    document["pipeline"] = json.loads(recipe.read_bytes())["digest"]
    for name, table in document["tables"].items():
        file = folder / f"{name}{SUFFIXES[table['kind']]}"
        if file.is_file():
            table["digest"] = write_table(file, np.frombuffer(file.read_bytes(), table["kind"]))
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return json.dumps(document | {"digest": digest})


def _manifest(folder: Path, document: dict[str, Any]) -> str:
    for name in document["files"]:
        if (folder / name).is_file():
            document["files"][name]["sha256"] = _sum(folder / name)
    return to_text(document)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edited(dice: random.Random, value: Any) -> Any:
    """Plain data with one place changed: a value of another kind or size, a key gone, or one more."""
    if not isinstance(value, dict | list) or not value or dice.random() < 0.15:
        return dice.choice(HOSTILE)
    key: Any = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    copy = value.copy()
    match dice.random():
        case chance if chance < 0.1:
            del copy[key]
        case chance if chance < 0.15 and isinstance(copy, dict):
            copy["unknown key"] = copy[key]
        case _:
            copy[key] = edited(dice, copy[key])
    return copy


def forge(dice: random.Random, folder: Path, _other: Path) -> str:
    """Edit a text of settings as someone would who knows the format, and make the checksums fit."""
    files = [file for file in files_of(folder) if file.suffix in (".json", ".toml", ".txt")]
    file = dice.choice(files)
    if dice.random() < 0.4:
        file = next((each for each in files if each.name in ("manifest.json", "header.json")), file)
    data = file.read_bytes()
    if file.suffix == ".json":
        file.write_text(json.dumps(edited(dice, json.loads(data))))
    elif file.suffix == ".toml":
        lines = data.decode().split("\n")
        number = dice.randrange(len(lines))
        name = lines[number].partition("=")[0]
        lines[number] = dice.choice(("", "new = 1", f"{name}= {dice.choice(TOML)}"))
        file.write_text("\n".join(lines))
    else:
        file.write_bytes(dice.choice((_flipped, _zeroed, _doubled))(dice, data))
    seal(folder)
    return file.relative_to(folder).as_posix()


TOML = ("-1", "0", "1", "3", "1000000", "9223372036854775807", "1e308", "nan", '"x"', "[]", "true", "{}")


def forge_bytes(dice: random.Random, folder: Path, other: Path) -> str:
    """Any accident, with the checksums made to fit."""
    name = dice.choice(list(ACCIDENTS))
    what = ACCIDENTS[name](dice, folder, other)
    seal(folder)
    return f"{name} {what}"


FORGERIES: dict[str, Damage] = {"forged": forge, "forged bytes": forge_bytes}
