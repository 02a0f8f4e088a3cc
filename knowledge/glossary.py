"""The operator's glossary: domain terms with their types and aliases.

A TOML file::

    [[term]]
    name = "Marl 8"
    type = "PRODUCT"            # one of knowledge.types; left out: NAME
    aliases = ["M8", "Marl-8"]
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from knowledge import types
from knowledge.errors import GlossaryError
from knowledge.names import NameIndex
from knowledge.resolve import entity_key

_TYPES = frozenset({getattr(types, name) for name in dir(types) if name.isupper()} - {types.VALUES})


@dataclass(frozen=True, slots=True)
class Term:
    """A term with all ways of writing it."""

    name: str
    type: str = types.NAME
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Glossary:
    """Terms that are entities wherever they occur, whatever the pipeline thinks of them."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Glossary:
        """Read a file in the form that the module's docstring shows.

        Raises
        ------
        GlossaryError
            The file is missing, is not TOML, or a term is not as it should be; names the term.
        """
        try:
            listed = tomllib.loads(path.read_text(encoding="utf-8")).get("term", [])
        except OSError as error:
            raise GlossaryError(f"cannot read the glossary {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise GlossaryError(f"the glossary {path} is not TOML: {error}") from error
        if not isinstance(listed, list):
            raise GlossaryError(f"the glossary {path}: write each term under [[term]], in double brackets")
        return cls(tuple(_term(entry, number, path) for number, entry in enumerate(listed, start=1)))

    @property
    def fingerprint(self) -> str:
        """Names the contents: another glossary extracts other entities."""
        return hashlib.blake2b(repr(self.terms).encode(), digest_size=4).hexdigest() if self.terms else ""

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yield (start, end, type, key) of the terms in a text: half-open character offsets, in order."""
        known = self._types
        for hit in self._names.find(text):
            yield hit.start, hit.end, known[hit.key], hit.key

    @cached_property
    def _types(self) -> dict[str, str]:
        return {entity_key(term.name): term.type for term in self.terms}

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex((form, entity_key(term.name)) for term in self.terms for form in (term.name, *term.aliases))


def _term(entry: object, number: int, path: Path) -> Term:
    where = f"the glossary {path}, term {number}"
    if not isinstance(entry, dict) or not str(entry.get("name", "")).strip():
        raise GlossaryError(f"{where}: a term needs a name")
    if unknown := sorted(entry.keys() - {"name", "type", "aliases"}):
        raise GlossaryError(f"{where} ({entry['name']}): unknown field {unknown[0]!r}; known: name, type, aliases")
    kind, aliases = entry.get("type", types.NAME), entry.get("aliases", [])
    if kind not in _TYPES:
        raise GlossaryError(f"{where} ({entry['name']}): no type {kind!r}; one of {', '.join(sorted(_TYPES))}")
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise GlossaryError(f"{where} ({entry['name']}): aliases must be a list of names")
    return Term(str(entry["name"]).strip(), kind, tuple(aliases))
