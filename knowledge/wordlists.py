"""Word lists: data that rules go by, in TOML files beside the rules."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def word_lists(folder: str, name: str = "words", *, package: str = "knowledge") -> dict[str, Any]:
    """Return ``{name}.toml`` in a folder of a package (``"resolve"``), parsed. Not to be changed by the caller."""
    return tomllib.loads(files(package).joinpath(folder, f"{name}.toml").read_text(encoding="utf-8"))
