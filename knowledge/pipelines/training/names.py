"""Gold names: from GUM's entities (full noun phrases) and from Universal NER's marks (names already).

GUM marks every noun phrase that speaks of something, with a type, one inside another. A name is what remains of such a
phrase around its head, where that is a proper noun: "the city's Mayor Ada Byron, who ..." leaves "Ada Byron". Where a
treebank does not say whether something is a name of ours, the words are marked as unknown, so that training neither
rewards nor punishes anything there, and scoring passes over them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.pipelines.training.convert import Sentence, Word

LABELS = ("PERSON", "ORG", "PLACE", "EVENT", "WORK", "PRODUCT")
"""What the NER component finds. Dates, amounts and the like are found by rules elsewhere."""
UNER_LABELS = {"PER": "PERSON", "ORG": "ORG", "LOC": "PLACE"}
_GUM_LABELS = {"person": "PERSON", "organization": "ORG", "place": "PLACE", "event": "EVENT", "object": "PRODUCT"}
# fmt: off
_LINKS: dict[str, frozenset[str]] = {
    "PERSON": frozenset(["-", "–", "de", "la", "van", "von", "der", "den", "al", "el", "bin", "'"]),
    "PLACE": frozenset(["of", "the", "de", "la", "du", "del", "and", "-", "–", "'s", "’s", "’", "'"]),
    "ORG": frozenset(["of", "for", "the", "and", "&", "de", "la", "du", "-", "–", "/", "'s", "’s", "’", "'", "."]),
    "EVENT": frozenset(["of", "for", "the", "and", "&", "de", "-", "–", "'s", "’s", "’", "'"]),
    "WORK": frozenset([
        "of", "for", "the", "and", "&", "de", "la", "in", "to", "a", "an", "on", "at", "from", "with", "-", "–", "'s",
        "’s", "’", "'", "!", ":",
    ]),
    "PRODUCT": frozenset(["of", "the", "-", "–", "/", "'s", "’s"]),
}
"""What may stand inside a name of the type, between two of its capitalised words."""
_CALENDAR = frozenset([
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed", "thu", "thur",
    "thurs", "fri", "sat", "sun",
])
TITLES = frozenset([
    "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "miss", "dr", "dr.", "prof", "prof.", "professor", "president", "sir",
    "lord", "lady", "king", "queen", "prince", "princess", "saint", "pope", "senator", "sen.", "rep.", "governor",
    "gov.", "mayor", "minister", "secretary", "judge", "justice", "general", "gen.", "colonel", "col.", "captain",
    "capt.", "major", "lieutenant", "lt.", "sergeant", "speaker", "chairman", "chairwoman", "aunt", "uncle", "rev.",
    "reverend", "father", "brother", "sister", "executive", "director", "chief", "coach", "officer", "doctor",
    "emperor", "empress", "envoy", "sheriff", "tsar", "ambassador", "master", "madam", "bishop", "archbishop", "count",
    "duke", "earl", "baron", "attorney", "congressman", "inspector", "detective", "dean", "widow",
])
"""Not part of a person's name, as Universal NER has it."""
_WORK_KINDS = frozenset([
    "film", "movie", "play", "novel", "book", "album", "song", "series", "magazine", "opera", "musical", "painting",
    "poem", "miniseries", "documentary", "soundtrack", "episode", "comics", "manga", "sculpture", "newspaper",
])
# fmt: on
_ENTITY = re.compile(r"\(([^()]*)(\))?|([^()]+)\)")
_QUOTES = frozenset("\"“”«»'‘’„`")


@dataclass(frozen=True, slots=True)
class Name:
    """The words [start, end) of a sentence, and the label of ``LABELS``."""

    start: int
    end: int
    label: str


@dataclass(slots=True)
class Names:
    """The names of one sentence, without overlaps.

    ``allowed`` says of words outside of them what they could still be: every other word is no name for certain.
    """

    names: list[Name] = field(default_factory=list)
    allowed: dict[int, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Phrase:
    start: int
    end: int
    kind: str
    identity: str


def gum_names(sentence: Sentence) -> Names:
    """Return the names in a sentence of GUM."""
    words = sentence.words
    phrases = list(_phrases(words))
    candidates: list[Name] = []
    unknown: set[int] = set()
    timed: set[int] = set()
    for phrase in phrases:
        head = _head(words, phrase.start, phrase.end)
        if phrase.kind == "time":
            timed.update(range(phrase.start, phrase.end))
        if words[head].upos != "PROPN":
            continue
        label = _label(words, phrase)
        if label is None:
            unknown.update(i for i in range(phrase.start, phrase.end) if words[i].upos == "PROPN")
        else:
            start, end = _core(words, phrase, head, label)
            if end > start:
                candidates.append(Name(start, end, label))
    names = _without_overlaps(candidates)
    inside = {i for name in names for i in range(name.start, name.end)}
    unknown.update(i for i, word in enumerate(words) if word.upos == "PROPN" and i not in timed)
    anything = frozenset(LABELS)
    allowed = {i: anything for i in sorted(unknown - inside) if words[i].form.lower() not in _CALENDAR}
    return Names(names, allowed)


def _phrases(words: Sequence[Word]) -> Iterator[_Phrase]:
    """Yield GUM's noun phrases, inner before outer. Phrases in several pieces are left out."""
    pending: list[tuple[int, list[str]]] = []
    for i, word in enumerate(words):
        for bracket in _ENTITY.finditer(word.misc.get("Entity", "")):
            fields = (bracket[1] or "").split("-")
            if bracket[1] is not None and bracket[2] is None:
                pending.append((i, fields))
            elif bracket[1] is not None:
                yield from _phrase(i, i + 1, fields)
            else:
                for k in range(len(pending) - 1, -1, -1):
                    if pending[k][1][0] == bracket[3]:
                        start, opened = pending.pop(k)
                        yield from _phrase(start, i + 1, opened)
                        break


def _phrase(start: int, end: int, fields: Sequence[str]) -> Iterator[_Phrase]:
    # identity is the last of GRP-etype-infstat-...-link-identity; salience etc. hold no hyphen.
    if len(fields) > 1 and "[" not in fields[0]:
        identity = "-".join(fields[6:]).partition("-")[2] if len(fields) > 7 else ""
        yield _Phrase(start, end, fields[1], identity.lower())


def _head(words: Sequence[Word], start: int, end: int) -> int:
    """Return the first word whose head lies outside of [start, end)."""
    for i in range(start, end):
        if words[i].head == i or not start <= words[i].head < end:
            return i
    return start


def _label(words: Sequence[Word], phrase: _Phrase) -> str | None:
    """Return a phrase's label; None: a name, but of what is not said.

    GUM's abstract things are works, awards, laws, languages, sciences and citations alike: works are those set in
    italics or quotation marks, and those whose identity says so. Its objects are products, but for works of art.
    """
    kind = re.search(r"_%28([^%]*)%29$", phrase.identity)
    is_work = kind is not None and bool(_WORK_KINDS & set(kind[1].split("_")))
    quoted = (
        phrase.start > 0
        and phrase.end < len(words)
        and words[phrase.start - 1].form in _QUOTES
        and any(words[i].form in _QUOTES for i in range(phrase.end - 1, min(phrase.end + 2, len(words))))
    )
    italic = "italic" in words[phrase.start].misc.get("XML", "")
    if phrase.kind == "abstract":
        return "WORK" if is_work or ((quoted or italic) and phrase.end - phrase.start > 1) else None
    if phrase.kind == "object" and (is_work or quoted or italic):
        return "WORK" if is_work else None
    if phrase.kind == "object" and phrase.end - phrase.start == 1 and words[phrase.start].form in {"Sun", "Moon"}:
        return None
    return _GUM_LABELS.get(phrase.kind)


def _core(words: Sequence[Word], phrase: _Phrase, head: int, label: str) -> tuple[int, int]:
    """Return the name around ``head`` inside the phrase, as [start, end)."""
    links = _LINKS[label]
    start, end = head, head + 1
    if label == "PERSON":
        # The parts of a person's name hang on its first part; titles and offices before it do not.
        flat = {i for i in range(phrase.start, phrase.end) if words[i].head == head and words[i].deprel == "flat"}
        while end < phrase.end and (end in flat or (words[end].form.lower() in links and end + 1 in flat)):
            end += 1
        while start > phrase.start and words[start - 1].upos == "PROPN" and words[start - 1].deprel == "flat":
            start -= 1
        while end - start > 1 and words[start].form.lower() in TITLES:
            start += 1
        # "the Emperor" names nobody; nor do "the Democrats".
        alone = end - start == 1 and (words[start].form.lower() in TITLES or words[start].xpos == "NNPS")
        return (head, head) if alone else (start, end)
    while end < phrase.end:
        step = next((k for k in range(end, min(end + 3, phrase.end)) if _named(words[k])), None)
        between = words[end:step] if step is not None else []
        if step is None or any(word.form.lower() not in links or _joins(words, word, head) for word in between):
            break
        if _apart(words, step, head):
            break
        end = step + 1
    if end < phrase.end and words[end].upos == "NUM" and len(words[end].form) <= 3:
        end += 1  # "Route 66", "World War II"
    while start > phrase.start:
        before = words[start - 1]
        step = start - 1 if _named(before) or (before.upos in {"ADJ", "NUM"} and before.form[:1].isupper()) else None
        if step is None and start - 2 >= phrase.start and before.form.lower() in links - {"of", "for", "the"}:
            # "Food and Drink Festival" hangs together, for its first word hangs on a later one.
            both = before.form.lower() not in {"and", "&"} or words[start - 2].head >= start
            step = start - 2 if both and _named(words[start - 2]) else None
        # A possessor is another name: "Ada's Analytical Engine".
        if step is None or (words[step].deprel == "nmod:poss" and label in {"WORK", "PRODUCT", "EVENT"}):
            break
        start = step
    if label in {"WORK"} and start > phrase.start and words[start - 1].form in {"The", "A", "An"}:
        start -= 1
    return (start, end) if end - start > 1 or len(words[head].form) > 1 else (head, head)


def _named(word: Word) -> bool:
    return word.upos == "PROPN" or (word.form[:1].isupper() and word.upos in {"NOUN", "ADJ", "VERB"})


def _joins(words: Sequence[Word], word: Word, head: int) -> bool:
    """Whether a link only puts a second thing beside the head ("Rome and Carthage")."""
    return word.form.lower() in {"and", "&"} and words[word.head].head == head and words[word.head].deprel == "conj"


def _apart(words: Sequence[Word], i: int, head: int) -> bool:
    """Whether a word is a thing of its own: beside the head, or explaining it."""
    return words[i].head == head and words[i].deprel in {"conj", "appos", "parataxis", "list"}


def _without_overlaps(candidates: Iterable[Name]) -> list[Name]:
    """Keep the longest; of equals the first, which is the innermost phrase's."""
    kept: list[Name] = []
    for name in sorted(candidates, key=lambda name: name.start - name.end):
        if all(name.end <= other.start or other.end <= name.start for other in kept):
            kept.append(name)
    return sorted(kept, key=lambda name: name.start)


def read_uner(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Return the words and marks ("B-PER", "O" ...) of a Universal NER file, by the id of the sentence."""
    marks: dict[str, list[tuple[str, str]]] = {}
    sentence_id = ""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# sent_id"):
                sentence_id = line.partition("=")[2].strip()
            elif line.strip() and not line.startswith("#"):
                _, form, mark = line.rstrip("\n").split("\t")[:3]
                marks.setdefault(sentence_id, []).append((form, mark))
    return marks


def uner_names(sentence: Sentence, marks: Mapping[str, Sequence[tuple[str, str]]]) -> Names:
    """Return the names in a sentence that Universal NER marks: persons, organisations, places.

    It says nothing of other names, so that a proper noun outside of its marks may still be an event, work or product.
    """
    mine = _over(sentence, marks[sentence.id])
    names: list[Name] = []
    start = 0
    for i, mark in enumerate(mine):
        if mark.startswith("I-"):
            names[-1] = Name(start, i + 1, names[-1].label)
        elif mark.startswith("B-"):
            start = i
            if mark[2:] in UNER_LABELS:
                names.append(Name(i, i + 1, UNER_LABELS[mark[2:]]))
    others = frozenset(LABELS) - set(UNER_LABELS.values())
    allowed = {
        i: others
        for i, (word, mark) in enumerate(zip(sentence.words, mine, strict=True))
        if mark[2:] not in UNER_LABELS and word.upos == "PROPN" and word.form.lower() not in _CALENDAR
    }
    return Names(names, allowed)


def _over(sentence: Sentence, marked: Sequence[tuple[str, str]]) -> list[str]:
    """Return one mark for each word. The marks were made on an older release, whose words are cut otherwise."""
    if [form for form, _ in marked] == [word.form for word in sentence.words]:
        return [mark for _, mark in marked]
    characters = [
        mark if k == 0 or not mark.startswith("B-") else f"I-{mark[2:]}"
        for form, mark in marked
        for k in range(len(form))
    ]
    marks, position = [], 0
    for word in sentence.words:
        marks.append(characters[position] if position < len(characters) else "O")
        position += len(word.form)
    return marks
