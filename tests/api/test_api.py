"""The public interface is what it was, can be looked up, and says what it takes and gives."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

import commands
import pytest
import signatures

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    not signatures.LIST.exists(), reason="the list of public names is not beside these tests"
)


@pytest.mark.parametrize("module", [signatures, commands], ids=lambda module: module.__name__)
def test_the_interface_is_what_it_was(module: ModuleType) -> None:
    kept = (HERE / f"{module.__name__}.txt").read_text(encoding="utf-8").splitlines()
    changes = list(difflib.unified_diff(kept, module.text().splitlines(), "before", "now", lineterm="", n=0))
    assert not changes, "\n".join(
        [
            "The public interface changed. What STABILITY.md promises must hold: names and options may come;",
            "those that go are deprecated first. Is it meant? python tests/api/rewrite.py, and CHANGELOG.md.",
            *changes,
        ]
    )


def test_types_that_public_signatures_name_are_public_or_opaque() -> None:
    listed = {id(thing) for thing in (signatures.public() | signatures.opaque()).values()}
    missing = {
        f"{found.__module__}.{found.__qualname__}, of {name}"
        for name, thing in signatures.public().items()
        for found in named_types(name, thing)
        if id(found) not in listed
    }
    assert missing == set(), f"list them in {signatures.LIST.name}"


def test_opaque_types_are_needed() -> None:
    named = {
        id(found) for name, thing in signatures.public().items() for found in named_types(name, thing)
    } | {id(base) for thing in signatures.public().values() for base in getattr(thing, "__mro__", ())}
    assert [name for name, thing in signatures.opaque().items() if id(thing) not in named] == []


def test_public_things_and_their_members_have_docstrings() -> None:
    bare = []
    for name, thing in signatures.public().items():
        found = {name: thing}
        if inspect.isclass(thing):
            found |= {f"{name}.{member}": value for member, value in inspect.getmembers_static(thing)}
        for full, value in found.items():
            if is_ours(value) and not full.rpartition(".")[2].startswith("_") and not documented(thing, full):
                bare.append(full)
    assert bare == []


def test_public_signatures_say_all_their_types() -> None:
    untyped = [
        f"{name}: {line.strip()}"
        for name, thing in signatures.public().items()
        for line in signatures.lines(name, thing)
        if line.endswith(": ?") or ": ? (" in line
    ]
    for name, thing in signatures.public().items():
        found = vars(thing).items() if inspect.isclass(thing) else [(name, thing)]
        seen = ((key, value) for key, value in found if not key.startswith("_") or key == "__init__")
        calls = ((key, getattr(value, "__func__", value)) for key, value in seen)
        untyped += [f"{name}: {key}" for key, call in calls if inspect.isfunction(call) and loose(call)]
    assert untyped == []


def loose(call: Any) -> bool:
    """Whether a function of ours leaves a type out."""
    if call.__module__.partition(".")[0] not in signatures.OURS or hasattr(call, "__wrapped__"):
        return False
    wanted = set(inspect.signature(call).parameters) - {"self", "cls"} | {"return"}
    return bool(wanted - set(call.__annotations__))


def is_ours(value: Any) -> bool:
    """A class, function or property written here."""
    value = getattr(value, "__func__", getattr(value, "fget", getattr(value, "func", value)))
    module = getattr(value, "__module__", None) or ""
    return callable(value) and module.partition(".")[0] in signatures.OURS


def documented(owner: Any, full: str) -> bool:
    """Whether there is a docstring, also one that is inherited."""
    member = full.rpartition(".")[2]
    value = getattr(owner, member, owner) if inspect.isclass(owner) else owner
    return bool(inspect.getdoc(value if value is not None else owner))


def named_types(name: str, thing: Any) -> Iterator[type]:
    """The classes of ours that the annotations of a public thing name."""
    owners = thing.__mro__ if inspect.isclass(thing) else (thing,)
    modules = [
        sys.modules[each.__module__] for each in owners if each.__module__.split(".")[0] in signatures.OURS
    ]
    words = set()
    for line in signatures.lines(name, thing):
        if not line.startswith("class "):
            words |= set(re.findall(r"\b[A-Z]\w+", re.sub(r"'[^']*'|\"[^\"]*\"", "", line)))
    for module in modules:
        for word in words & set(vars(module)):
            yield from own(getattr(module, word))
        for word, (source, original) in imported(module).items():
            if word in words:
                yield from own(getattr(import_module(source), original))


def own(thing: Any) -> Iterator[type]:
    """`thing`, where it is a class of ours; of a name for a longer type the classes in it."""
    if inspect.isclass(thing) and get_origin(thing) is None:
        if thing.__module__.split(".")[0] in signatures.OURS:
            yield thing
        return
    for part in thing if isinstance(thing, list) else get_args(thing):
        yield from own(part)


def imported(module: ModuleType) -> dict[str, tuple[str, str]]:
    """What a module imports from ours, also for type checkers only, by the name it has there."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in signatures.OURS
        for alias in node.names
        if node.module
    }
