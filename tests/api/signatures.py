"""The public interface as text, a line for each thing that a caller may rely on.

What is public stands in docs/reference/public.toml. Of a class, members without a leading underscore are
public, also those inherited from classes of ours. Annotations are printed as the source spells them, so that
the text is the same on every version of Python.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, ForwardRef, Literal, get_args, get_origin

LIST = Path(__file__).resolve().parents[2] / "docs" / "reference" / "public.toml"
OURS = ("textkit", "textkit_cli", "textkit_corpora")


def public() -> dict[str, Any]:
    """The public things by full name, in the order of their names."""
    pages = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return _loaded(page["modules"] for name, page in pages.items() if name != "opaque")


def opaque() -> dict[str, Any]:
    """Types that are handed on without looking inside, by full name."""
    return _loaded([tomllib.loads(LIST.read_text(encoding="utf-8"))["opaque"]["modules"]])


def _loaded(listed: Iterable[dict[str, list[str]]]) -> dict[str, Any]:
    names = ((module, name) for each in listed for module, found in each.items() for name in found)
    return dict(sorted((f"{module}.{name}", getattr(import_module(module), name)) for module, name in names))


def text() -> str:
    """The whole interface."""
    return "".join(f"{line}\n" for name, thing in public().items() for line in lines(name, thing))


def lines(name: str, thing: Any) -> Iterator[str]:
    """One public thing: a function is a line, a class a line and one for each of its members."""
    if inspect.isclass(thing) and not name.endswith(f".{thing.__name__}"):
        yield f"{name} = {thing.__module__}.{thing.__qualname__}"
    elif inspect.isclass(thing):
        bases = [base.__name__ for base in thing.__bases__ if base.__name__ not in ("object", "Protocol")]
        yield f"class {name}({', '.join(bases)})" if bases else f"class {name}"
        for member, line in sorted(members(thing).items()):
            yield f"  {member}{line}"
    elif callable(thing):
        yield f"def {name}{signature(thing)}"
    else:
        yield f"{name} = {thing!r}"


def members(cls: type) -> dict[str, str]:
    """What may follow a dot, by name: how it is called, or its type."""
    found: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if owner.__module__.partition(".")[0] not in OURS:
            continue
        for name, annotation in inspect.get_annotations(owner).items():
            found[name] = f": {choices(cls, name) or spelt(annotation)}"
        found.update({name: f": {kind}" for name, kind in assigned(owner).items() if name not in found})
        for name, value in vars(owner).items():
            described = member(value)
            if described is not None:
                found[name] = described
    found.pop("__init__", None)  # of a protocol it means nothing
    if made := constructor(cls):
        found["__init__"] = made
    special = ("__init__", "__call__", "__getitem__", "__iter__", "__len__", "__contains__")
    return {name: line for name, line in found.items() if not name.startswith("_") or name in special}


def constructor(cls: type) -> str | None:
    """How an object is made; None where a caller does not (protocols) or cannot tell (errors)."""
    if fields := getattr(cls, "model_fields", None):  # pydantic's
        return f"({', '.join(f'{name}={default(each.get_default())}' for name, each in fields.items())})"
    if getattr(cls, "_is_protocol", False) or (issubclass(cls, (Exception, enum.Enum))):
        return None
    return signature(cls)


def choices(cls: type, name: str) -> str:
    """The values that a setting may have, where they are few."""
    field = getattr(cls, "model_fields", {}).get(name)
    return " | ".join(map(repr, get_args(field.annotation))) if _literal(field) else ""


def _literal(field: Any) -> bool:
    return field is not None and get_origin(field.annotation) is Literal


def member(value: Any) -> str | None:
    """A member of a class as text; None for what is no method."""
    if isinstance(value, property | cached_property):
        getter = value.fget if isinstance(value, property) else value.func
        return f": {spelt(getter.__annotations__.get('return', '?'))} (property)"
    if isinstance(value, staticmethod | classmethod):
        return f"{signature(value.__func__)} ({type(value).__name__})"
    return signature(value) if inspect.isfunction(value) else None


def assigned(cls: type) -> dict[str, str]:
    """What `__init__` makes an attribute of; the type where it is said, or that of the argument it keeps."""
    if "__init__" not in vars(cls) or dataclasses.is_dataclass(cls):
        return {}
    given = inspect.get_annotations(cls.__init__)
    found = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls.__init__)))):
        if isinstance(node, ast.AnnAssign):
            targets, said = [node.target], ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign):
            targets, said = node.targets, spelt(given.get(ast.unparse(node.value), "?"))
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                found[target.attr] = said
    return found


def signature(thing: Any) -> str:
    """A call: names, kinds, types and values of arguments, and what comes back."""
    found = inspect.signature(thing)
    shown = []
    bare = True
    for each in found.parameters.values():
        if each.name in ("self", "cls"):
            continue
        if each.kind is each.KEYWORD_ONLY and bare:
            shown.append("*")
        bare = bare and each.kind not in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        type_ = "" if each.annotation is each.empty else f": {spelt(each.annotation)}"
        shown.append(stars + each.name + type_ + ("" if each.default is each.empty else value(each.default)))
    back = found.return_annotation
    return f"({', '.join(shown)})" + ("" if back is found.empty else f" -> {spelt(back)}")


def value(thing: Any) -> str:
    """The part of an argument that says what it is when it is left out."""
    return f" = {default(thing)}"


def default(thing: Any) -> str:
    """A default as text, the same in every process: only plain values are spelt out."""
    if isinstance(thing, enum.Enum):
        return str(thing)
    if isinstance(thing, Path):
        return repr(str(thing))
    if isinstance(thing, tuple):
        return f"({', '.join(map(default, thing))})"
    plain = thing is None or isinstance(thing, bool | int | float | str)
    if plain or dataclasses.is_dataclass(thing) or repr(thing) == "<factory>":
        return repr(thing)
    return "..." if type(thing).__name__ == "PydanticUndefinedType" else f"<{type(thing).__name__}>"


def spelt(annotation: Any) -> str:
    """A type as the source spells it."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    return "None" if annotation in (None, type(None)) else getattr(annotation, "__name__", str(annotation))
