"""What is imported is declared, what is declared is imported, and constraints.txt pins all of it."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PACKAGES = {"textkit": ROOT / "textkit", "textkit_cli": ROOT / "cli", "textkit_corpora": ROOT / "corpora"}
SELF = "textkit-nlp"
# Declared and not imported by a statement, or imported through another.
INDIRECT = {
    "tensorboard": "torch.utils.tensorboard imports it",
    "onnx": "imported by name where it is needed, and may be missing",
    "onnxruntime": "as onnx",
    "onnxscript": "as onnx; torch.onnx imports it",
    "ctranslate2": "imported by name where it is needed, and may be missing",
    "mplfonts": "its font file is looked for, it is not imported",
}
OTHERS = {
    "dask": "distributed requires it, in the same version",
    "llvmlite": "numba requires it, in a version that fits",
    "_typeshed": "of type checkers only",
}
TOOLS = ("dev", "docs", "fuzz", "test")  # extras of programs, not of imports
INSTALLERS = {"pip", "setuptools", "wheel", SELF}

pytestmark = pytest.mark.skipif(not (ROOT / "constraints.txt").exists(), reason="installed, not checked out")


def project() -> dict[str, list[str]]:
    """The requirements by extra; those of the package itself under ""."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": table["dependencies"], **table["optional-dependencies"]}


def named(extra: str | None = None) -> dict[str, Requirement]:
    """The requirements of an extra, or all of them, by name."""
    lines = [line for name, each in project().items() if extra in (None, name) for line in each]
    found = map(Requirement, lines)
    return {canonicalize_name(each.name): each for each in found if canonicalize_name(each.name) != SELF}


def pins() -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    return {
        canonicalize_name(name): version for name, version in (line.split("==") for line in lines if line)
    }


def imported() -> Iterator[str]:
    """The first names of all modules that our packages import, wherever the statement stands."""
    for package, folder in PACKAGES.items():
        for path in (folder if folder.name == package else folder / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def test_imports_and_requirements_are_the_same() -> None:
    own = {*sys.stdlib_module_names, *PACKAGES}
    modules = set(imported()) - own
    homes = importlib.metadata.packages_distributions()
    owners = {module: {canonicalize_name(each) for each in homes.get(module, [module])} for module in modules}
    declared = set(named())
    missing = {module for module, each in owners.items() if not each & declared and module not in OTHERS}
    assert missing == set()
    tools = {name for extra in TOOLS for name in named(extra)}
    run_time = {name for extra in project() if extra not in TOOLS for name in named(extra)}
    unused = run_time - set().union(*owners.values()) - INDIRECT.keys()
    assert unused - tools == set()
    assert INDIRECT.keys() <= declared


def test_everything_needed_is_pinned() -> None:
    """Also what our requirements require in their turn, as far as it is installed here."""
    pinned, seen, waiting = pins(), set(), list(named().values())
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, *sorted(requirement.extras)) in seen:
            continue
        seen.add((name, *sorted(requirement.extras)))
        try:
            more = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        assert name in pinned or name in INSTALLERS, f"{name} is installed and not in constraints.txt"
        for line in more:
            inner = Requirement(line)
            extras = [*requirement.extras, ""]
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    assert len(seen) > 50


def test_pins_lie_within_the_ranges() -> None:
    pinned = pins()
    for name, requirement in named().items():
        if name in pinned:
            assert requirement.specifier.contains(Version(pinned[name]), prereleases=True), requirement
        else:  # tools that are not part of a release's environment
            assert name in named("dev") or name in named("fonts") or name in named("dask"), name


@pytest.mark.slow
def test_what_is_installed_fits_together() -> None:
    ran = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
