"""Scores a pipeline on the treebanks' test files. ``python -m knowledge.pipelines.training.score`` scores ours.

Everything is scored from raw text: documents as they are written (a blank line between paragraphs), spaCy's default
tokenizer, no gold sentence or word boundaries. A word counts as right only where the pipeline cut out exactly its
characters, so that tokenizer differences are errors too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from knowledge.pipelines import pipeline_path
from knowledge.pipelines.training.convert import Passage, passages, read_conllu
from knowledge.pipelines.training.names import LABELS, UNER_LABELS
from knowledge.pipelines.training.ner_data import Marked, ewt, gum

DATA = Path("../shared/data")
"""Where the data lies unless something else is said."""
MB = 1_000_000


class MissingData(Exception):
    """A file of the data folder is not there; the text says which."""


@dataclass(slots=True)
class Counts:
    """Right, found and wanted."""

    right: int = 0
    found: int = 0
    wanted: int = 0

    def f(self) -> float:
        """Return F1 in per cent, with one decimal."""
        both = self.found + self.wanted
        return round(200 * self.right / both, 1) if both else 0.0

    def report(self) -> dict[str, float]:
        """Return precision, recall and F1 in per cent, and how many were wanted."""
        return {
            "p": round(100 * self.right / max(1, self.found), 1),
            "r": round(100 * self.right / max(1, self.wanted), 1),
            "f": self.f(),
            "wanted": self.wanted,
        }

    def add(self, found: set[tuple[int, int, str]], wanted: set[tuple[int, int, str]]) -> None:
        """Count one passage."""
        self.right += len(found & wanted)
        self.found += len(found)
        self.wanted += len(wanted)


@dataclass(slots=True)
class ParseScores:
    """What ``parse_scores`` counts: words, sentences, and words with the right analysis."""

    tokens: Counts = field(default_factory=Counts)
    sentences: Counts = field(default_factory=Counts)
    upos: Counts = field(default_factory=Counts)
    lemma: Counts = field(default_factory=Counts)
    uas: Counts = field(default_factory=Counts)
    las: Counts = field(default_factory=Counts)

    def report(self) -> dict[str, float]:
        """Return F1 of each, in per cent."""
        return {name: getattr(self, name).f() for name in self.__slots__}


def treebank_files(data: Path, *names: str) -> list[Path]:
    """Return the paths of treebank files, or raise ``MissingData``."""
    found = [data / "treebanks" / name for name in names]
    for path in found:
        if not path.is_file():
            raise MissingData(f"{path} is missing; knowledge/pipelines/README.md says what the data folder holds")
    return found


def parse_scores(nlp: Language, texts: Iterable[Passage]) -> ParseScores:
    """Score words, sentences and their analysis."""
    scores = ParseScores()
    for passage in texts:
        _count_parse(scores, nlp(passage.text), passage)
    return scores


def _count_parse(scores: ParseScores, doc: Doc, passage: Passage) -> None:
    tokens = {(token.idx, token.idx + len(token)): token for token in doc if not token.is_space}
    total = sum(len(sentence.words) for sentence in passage.sentences)
    right = dict.fromkeys(("tokens", "upos", "lemma", "uas", "las"), 0)
    for sentence in passage.sentences:
        for i, word in enumerate(sentence.words):
            # Words that are not written one by one ("wanna") share their characters; none of them counts.
            token = tokens.get((word.start, word.end))
            if token is None or (i and sentence.words[i - 1].start == word.start):
                continue
            head = sentence.words[word.head]
            is_root = word.head == i
            attached = (
                token.head.i == token.i
                if is_root
                else token.head.i != token.i
                and (token.head.idx, token.head.idx + len(token.head)) == (head.start, head.end)
            )
            right["tokens"] += 1
            right["upos"] += token.pos_ == word.upos
            right["lemma"] += token.lemma_ == word.lemma
            right["uas"] += attached
            right["las"] += attached and token.dep_.lower() == word.deprel
    for name, count in right.items():
        counts: Counts = getattr(scores, name)
        counts.right += count
        counts.found += len(tokens)
        counts.wanted += total
    found = {_span([token for token in sentence if not token.is_space]) for sentence in doc.sents}
    wanted = {(sentence.words[0].start, sentence.words[-1].end, "") for sentence in passage.sentences}
    scores.sentences.add(found - {(0, 0, "")}, wanted)


def _span(tokens: Sequence[spacy.tokens.Token]) -> tuple[int, int, str]:
    return (tokens[0].idx, tokens[-1].idx + len(tokens[-1]), "") if tokens else (0, 0, "")


def ner_scores(
    nlp: Language, marked: Iterable[Marked], labels: Sequence[str], *, pass_over_unknown: bool
) -> dict[str, Counts]:
    """Score the names of each label, and all of them as "all": right where the characters and the label are.

    Parameters
    ----------
    labels
        What is scored; names with other labels are not counted.
    pass_over_unknown
        Whether a found name that holds a word of which the treebank does not say what it is counts for nothing (else
        it is an error).
    """
    scores = {label: Counts() for label in (*labels, "all")}
    for gold in marked:
        doc = nlp(gold.doc.text)
        wanted = _gold_names(gold)
        found = {(e.start_char, e.end_char, e.label_) for e in doc.ents if e.label_ in labels}
        if pass_over_unknown:
            unknown = [
                (token.idx, token.idx + len(token))
                for token, allowed in zip(gold.doc, gold.allowed, strict=True)
                if allowed is not None
            ]
            found = {
                name
                for name in found
                if name in wanted or not any(start < name[1] and name[0] < end for start, end in unknown)
            }
        scores["all"].add(found, wanted)
        for label in gold.lost:
            scores["all"].wanted += 1
            scores[label].wanted += 1
        for label in labels:
            scores[label].add({n for n in found if n[2] == label}, {n for n in wanted if n[2] == label})
    return scores


def _gold_names(gold: Marked) -> set[tuple[int, int, str]]:
    names: list[tuple[int, int, str]] = []
    for token, mark in zip(gold.doc, gold.marks, strict=True):
        end = token.idx + len(token)
        if mark.startswith("B-"):
            names.append((token.idx, end, mark[2:]))
        elif mark.startswith("I-"):
            names[-1] = (names[-1][0], end, names[-1][2])
    return set(names)


def speed(nlp: Language, texts: Sequence[str], *, rounds: int = 3) -> float:
    """Return words a second of processor time (spaCy runs on one core), the best of some rounds."""
    words = sum(sum(not token.is_space for token in nlp.make_doc(text)) for text in texts)
    best = 0.0
    for _ in range(rounds):
        began = time.process_time()
        for _doc in nlp.pipe(texts):
            pass
        best = max(best, words / (time.process_time() - began))
    return best


def size(folder: Path) -> float:
    """Return the size of a folder's files in MB (a million bytes)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB


def all_scores(nlp: Language, folder: Path, data: Path, *, part: str = "test") -> dict[str, object]:
    """Return every score of a pipeline on the treebanks' ``part`` ("dev" or "test"), as the model card has them."""
    gum_file, ewt_file, uner_file = treebank_files(
        data, f"en_gum-{part}.conllu", f"en_ewt-{part}.conllu", f"en_ewt-ner-{part}.iob2"
    )
    gum_texts = list(passages(read_conllu(gum_file), words=None, seed=None))
    ewt_texts = list(passages(read_conllu(ewt_file), words=None, seed=None))
    gum_names = gum(nlp, gum_file, words=None, seed=None)
    ewt_names = ewt(nlp, ewt_file, uner_file, words=None, seed=None)
    three = list(UNER_LABELS.values())

    def names(marked: list[Marked], labels: Sequence[str], lenient: bool) -> dict[str, dict[str, float]]:
        counts = ner_scores(nlp, marked, labels, pass_over_unknown=lenient)
        return {label: count.report() for label, count in counts.items()}

    return {
        f"gum_{part}": parse_scores(nlp, gum_texts).report(),
        f"ewt_{part}": parse_scores(nlp, ewt_texts).report(),
        f"ner_gum_{part}": names(gum_names, LABELS, True),
        f"ner_gum_{part}_strict": names(gum_names, LABELS, False),
        f"ner_ewt_{part}": names(ewt_names, three, False),
        "words_per_second": round(speed(nlp, [passage.text for passage in gum_texts])),
        "megabytes": round(size(folder), 1),
    }


def table(scores: dict[str, object]) -> str:
    """Return scores as lines for reading."""
    lines: list[str] = []
    for name, value in scores.items():
        if not isinstance(value, dict):
            lines.append(f"{name:24} {value}")
            continue
        for key, inner in value.items():
            shown = "  ".join(f"{k} {v}" for k, v in inner.items()) if isinstance(inner, dict) else inner
            lines.append(f"{name:24} {key:10} {shown}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, report: Callable[[str], None] = print) -> int:
    """Print the scores of the packaged pipeline (or of another) as a table and as JSON."""
    parser = argparse.ArgumentParser(description="Scores the English pipeline on the treebanks.")
    parser.add_argument("--data", type=Path, default=DATA, help="the data folder (default: %(default)s)")
    parser.add_argument("--pipeline", type=Path, default=pipeline_path("en"), help="the pipeline's folder")
    parser.add_argument("--part", choices=("dev", "test"), default="test", help="of the treebanks")
    options = parser.parse_args(arguments)
    try:
        scores = all_scores(spacy.load(options.pipeline), options.pipeline, options.data, part=options.part)
    except (MissingData, OSError) as error:
        report(f"cannot score: {error}")
        return 1
    report(table(scores))
    report(json.dumps(scores, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
