"""The versions of packages that decide what a pipeline makes of a text."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import unicodedata
from pathlib import Path

from textkit.text import Pipeline
from textkit.text.catalog import STAGES
from textkit.text.clean import preset
from textkit.text.package_versions import PACKAGES, package_versions
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.spacy import SpacyTokenizer


def test_every_package_that_a_stage_imports_is_known():
    ours = {"textkit", "numpy", *sys.stdlib_module_names}
    for module in {stage.__module__ for stage in STAGES}:
        source = Path(sys.modules[module].__file__).read_text(encoding="utf-8")
        imported = set(re.findall(r"^ *(?:import|from) (\w+)", source, re.MULTILINE)) - ours
        known = {PACKAGES.get(stage.__name__) for stage in STAGES if stage.__module__ == module}
        assert imported <= known, module
    assert set(PACKAGES) <= {stage.__name__ for stage in STAGES}


def test_they_are_those_that_are_installed():
    version = importlib.metadata.version
    assert package_versions(preset("zh").then(JiebaTokenizer())) == {
        "unicode": unicodedata.unidata_version,
        "ftfy": version("ftfy"),
        "jieba": version("jieba"),
        "opencc": version("opencc"),
    }
    assert package_versions(Pipeline.of(SpacyTokenizer(model="xx_no_such"))) == {
        "unicode": unicodedata.unidata_version,
        "spacy": version("spacy"),
        "xx_no_such": "unknown",
    }
