"""Word's lists: what stands before a paragraph, which the file does not hold as text."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BULLET = "- "
_PLACE = re.compile(r"%([1-9])")


class Numbering:
    """Counts the paragraphs of lists; ``mark`` is asked for each paragraph once, in order."""

    def __init__(self, document: Document) -> None:
        root = next((part.element for part in _related(document) if part.partname.endswith("/numbering.xml")), None)
        self.abstract: dict[str, str] = {}
        """Number of a list → number of its definition. Lists of one definition count on, as in Word."""
        self.restart: dict[tuple[str, int], int] = {}
        self.levels: dict[tuple[str, int], Any] = {}
        for definition in root.findall(f"{_W}abstractNum") if root is not None else ():
            for level in definition.findall(f"{_W}lvl"):
                self.levels[definition.get(f"{_W}abstractNumId"), _number(level.get(f"{_W}ilvl"))] = level
        for listed in root.findall(f"{_W}num") if root is not None else ():
            name = listed.get(f"{_W}numId")
            self.abstract[name] = _value(listed, "abstractNumId")
            for level in listed.findall(f"{_W}lvlOverride"):
                if start := _value(level, "startOverride"):
                    self.restart[name, _number(level.get(f"{_W}ilvl"))] = _number(start)
        self.styles = _styles(document)
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)

    def mark(self, paragraph: Any) -> str:
        """Return ``"3. "`` or what else its list writes there in digits, ``"- "`` in other lists, "" outside."""
        properties = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name, level = self.styles.get(style.get(f"{_W}val"), ("", 0)) if style is not None else ("", 0)
        if properties is not None:
            name = _value(properties, "numId") or name
            level = _number(_value(properties, "ilvl"), level)
        # A list 0 takes a paragraph out of its style's list.
        if name not in self.abstract:
            return ""
        definition = self.abstract[name]
        counts = self.counts[definition]
        counts[level] = self._next(name, definition, level)
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return self._written(definition, level)

    def _next(self, name: str, definition: str, level: int) -> int:
        # Starting anew happens once.
        started = self.restart.pop((name, level), None)
        if started is not None:
            return started
        before = self.counts[definition].get(level)
        return self._start(definition, level) if before is None else before + 1

    def _start(self, definition: str, level: int) -> int:
        stated = self.levels.get((definition, level))
        return _number(_value(stated, "start"), 1) if stated is not None else 1

    def _written(self, definition: str, level: int) -> str:
        stated = self.levels.get((definition, level))
        pattern = _value(stated, "lvlText") if stated is not None else ""
        used = [int(place[1]) - 1 for place in _PLACE.finditer(pattern)]
        if not used or any(self._format(definition, one) != "decimal" for one in used):
            return _BULLET
        counts = self.counts[definition]
        return (
            _PLACE.sub(lambda place: str(counts.get(at := int(place[1]) - 1, self._start(definition, at))), pattern)
            + " "
        )

    def _format(self, definition: str, level: int) -> str:
        stated = self.levels.get((definition, level))
        return _value(stated, "numFmt") if stated is not None else ""


def _related(document: Document) -> list[Any]:
    return [relation.target_part for relation in document.part.rels.values() if not relation.is_external]


def _styles(document: Document) -> dict[str, tuple[str, int]]:
    """Map style ids to the list and level that they, or the styles which they are based on, put a paragraph in."""
    found = {}
    for style in document.styles:
        ancestor, seen = style, set()
        while ancestor is not None and ancestor.style_id not in seen:
            seen.add(ancestor.style_id)
            properties = ancestor.element.find(f"{_W}pPr/{_W}numPr")
            if properties is not None and (name := _value(properties, "numId")):
                found[style.style_id] = (name, _number(_value(properties, "ilvl")))
                break
            ancestor = getattr(ancestor, "base_style", None)
    return found


def _value(parent: Any, name: str) -> str:
    child = parent.find(f"{_W}{name}")
    return str(child.get(f"{_W}val", "")) if child is not None else ""


def _number(written: str | None, default: int = 0) -> int:
    return int(written) if written and written.isascii() and written.isdigit() else default
