"""Finds known names in text: all of them in one pass (Aho and Corasick 1975), the longest where they overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import ahocorasick
from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.language import STOP_WORDS

_ERRORS = (7, 12)
"""The letters from which on a name may be written with one error, and with two."""
_RUN = re.compile(r"\b[A-Z][\w'’.-]*\w(?: (?:(?:of|the|and|de|la|le|von|van|der|in|on|for) )*[A-Z0-9][\w'’.-]*\w)*")
_FIRST = re.compile(r"\S+ ?")


@dataclass(frozen=True, slots=True)
class NameHit:
    """A known name in a text, at half-open character offsets."""

    key: str
    start: int
    end: int


class NameIndex:
    """Names by key, for finding them in text.

    Parameters
    ----------
    names
        (name, key) pairs; several keys may share a name and several names a key. Names of one character, and names
        that are a function word, are left out.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._keys: dict[str, list[str]] = {}
        self._written: dict[str, str] = {}
        self._capital: dict[str, bool] = {}
        for name, key in names:
            folded = _folded(name.strip())
            if len(folded) < 2 or folded in STOP_WORDS:
                continue
            keys = self._keys.setdefault(folded, [])
            self._written.setdefault(folded, name.strip())
            if key not in keys:
                keys.append(key)
            self._capital[folded] = self._capital.get(folded, True) and name.strip()[0].isupper()
        self._automaton = ahocorasick.Automaton()
        for folded in self._keys:
            self._automaton.add_word(folded, folded)
        if self._keys:
            self._automaton.make_automaton()

    def find(self, text: str) -> list[NameHit]:
        """Return the names in ``text``, in order, without overlap; a name with several keys gives a hit for each.

        Case is ignored in text without any capital (as people type questions). Elsewhere a capitalised name is found
        only capitalised, and a name of one word not inside a longer run of capitalised words: "Lincoln" is not found
        in "Lincoln City Council".
        """
        if not self._keys:
            return []
        folded = _folded(text)
        cased = text != text.lower()
        candidates = [
            (end - len(name) + 1, end + 1, name)
            for end, name in self._automaton.iter(folded)
            if _whole(folded, end - len(name) + 1, end + 1)
            and (not cased or self._written_as_name(text, end - len(name) + 1, end + 1, name))
        ]
        candidates.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))
        taken = [False] * len(text)
        hits = []
        for start, end, name in candidates:
            if not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                hits += [NameHit(key, start, end) for key in self._keys[name]]
        return sorted(hits, key=lambda hit: hit.start)

    def misspelt(self, text: str) -> list[tuple[int, int, str]]:
        """Return where ``text`` seems to misspell a name, and how the name is written: (start, end, name).

        Looked at are runs of capitalised words (Latin letters). One letter may be wrong, missing, too many or swapped
        with the next in 7 letters, two in 12, but neither the first nor a digit nor an ending ("Victorian" is not
        "Victoria"); where two names are as near, neither is meant.
        """
        meant = []
        for start, end in _runs(text):
            written = _folded(text[start:end])
            if written in self._keys:
                continue
            errors = sum(len(written) >= least for least in _ERRORS)
            lengths = range(len(written) - errors, len(written) + errors + 1)
            forms = (self._by_form.get((written[0], length, _digits(written)), ()) for length in lengths)
            # rapidfuzz's own types do not allow its own overloaded scorers.
            near = process.extract(written, chain(*forms), scorer=OSA.distance, score_cutoff=errors, limit=5)  # type: ignore[arg-type]
            least = min((distance for _, distance, _ in near), default=0)
            nearest = [name for name, distance, _ in near if distance == least]
            if len(nearest) == 1 and not _ending(nearest[0], written):
                meant.append((start, end, self._written[nearest[0]]))
        return meant

    def prepare(self) -> None:
        """Build what else ``misspelt`` would build when first called."""
        _ = self._by_form

    @cached_property
    def _by_form(self) -> dict[tuple[str, int, str], list[str]]:
        """The names by first letter, length and digits."""
        forms: dict[tuple[str, int, str], list[str]] = {}
        for name in self._keys:
            forms.setdefault((name[0], len(name), _digits(name)), []).append(name)
        return forms

    def _written_as_name(self, text: str, start: int, end: int, name: str) -> bool:
        if not self._capital[name]:
            return True
        if not text[start].isupper():
            return False
        if " " in name or not name.isascii():
            return True
        before = text[:start].rstrip(" ").rpartition(" ")[2] if text[max(start - 1, 0) : start] == " " else ""
        after = text[end + 1 : end + 2] if text[end : end + 1] == " " else ""
        sentence_start = before.endswith((".", "!", "?", ":", "\n"))
        joined = before[:1].isupper() and not sentence_start and before.lower() not in STOP_WORDS and before.isalpha()
        return not (joined or after.isupper())


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _ending(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of runs of capitalised words that are long enough to be recognised in spite of an error."""
    for match in _RUN.finditer(text):
        start = match.start()
        # "Is", "The", "Which": what sentences begin with is no part of the name.
        while (word := _FIRST.match(text, start, match.end())) and word.group().strip().lower() in STOP_WORDS:
            start = word.end()
        if match.end() - start >= _ERRORS[0]:
            yield start, match.end()


def _folded(text: str) -> str:
    """Lower the case without changing any offset."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _whole(text: str, start: int, end: int) -> bool:
    """Tell whether a span is not cut out of a longer word; Chinese has no word ends to look for."""

    def inside(a: str, b: str) -> bool:
        return a.isalnum() and b.isalnum() and ord(a) < 0x2E80 and ord(b) < 0x2E80

    left = start > 0 and inside(text[start - 1], text[start])
    right = end < len(text) and inside(text[end - 1], text[end])
    return not left and not right
