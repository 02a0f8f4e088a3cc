"""Puts the trained components together into one pipeline, without what only training needed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import spacy
from spacy.language import Language

NAME = "wellspring_en"
VERSION = "1.0.0"
LICENCE = "CC BY-SA 4.0"
_DESCRIPTION = (
    "English tagger, morphologizer, dependency parser, lemmatizer (Universal Dependencies) and names (PERSON, ORG, "
    "PLACE, EVENT, WORK, PRODUCT). Trained on UD English EWT, UD English GUM and Universal NER; the model card beside "
    "this folder says how and names the sources."
)


def join(parse: Path, ner: Path) -> Language:
    """Return one pipeline with the components of both."""
    nlp = spacy.load(parse)
    nlp.add_pipe("ner", source=spacy.load(ner))
    return nlp


def write(nlp: Language, folder: Path) -> None:
    """Write the pipeline, without its training settings and without the strings of its training texts."""
    for section in ("paths", "corpora", "training", "initialize", "pretraining"):
        nlp.config.pop(section, None)
    nlp.meta.update(
        name=NAME,
        version=VERSION,
        description=_DESCRIPTION,
        author="Wellspring",
        license=LICENCE,
        sources=[
            {"name": "UD English EWT", "license": "CC BY-SA 4.0"},
            {"name": "UD English GUM (its freely licensed documents)", "license": "CC BY 4.0; texts: see the card"},
            {"name": "Universal NER, English EWT", "license": "CC BY-SA 4.0"},
        ],
    )
    if folder.exists():
        shutil.rmtree(folder)
    nlp.to_disk(folder)
    # spaCy writes the range of its own minor release, from the very patch release on that trained.
    _change_meta(folder, {"spacy_version": ">=3.8.7,<3.9.0", "performance": {}})
    _prune_strings(nlp, folder)


def _prune_strings(nlp: Language, folder: Path) -> None:
    """Keep only the strings that the components name: labels, features and the lemmatizer's edits.

    The string store grows with every word that is read; a written pipeline would carry the vocabulary of its training
    texts. Components look their own strings up by hash, so that these must stay; all others are added as they come.
    """
    path = folder / "vocab" / "strings.json"
    path.write_text(json.dumps(sorted(_needed_strings(nlp)), ensure_ascii=False, indent=0), encoding="utf-8")
    lookups = folder / "vocab" / "lookups.bin"
    if lookups.exists() and not len(nlp.vocab.lookups):
        lookups.unlink()


def _needed_strings(nlp: Language) -> set[str]:
    # Those that a blank pipeline has: the tokenizer's exceptions and their norms.
    needed = set(spacy.blank(str(nlp.lang)).vocab.strings)
    for name in nlp.pipe_names:
        pipe = nlp.get_pipe(name)
        labels: Iterable[object] = getattr(pipe, "labels", ())
        needed.update(label for label in labels if isinstance(label, str))
        moves = getattr(pipe, "move_names", ())
        needed.update(move.partition("-")[2] for move in moves)
    if "morphologizer" in nlp.pipe_names:
        morphologizer = cast(Any, nlp.get_pipe("morphologizer"))
        features: Mapping[str, str] = morphologizer.cfg["labels_morph"]
        for analysis in features.values():
            needed.add(analysis)
            for pair in analysis.split("|"):
                field, _, value = pair.partition("=")
                needed.update((pair, field, value))
    if "trainable_lemmatizer" in nlp.pipe_names:
        trees = cast(Any, nlp.get_pipe("trainable_lemmatizer")).trees
        for i in range(len(trees)):
            tree = trees[i]
            needed.update(nlp.vocab.strings[tree[key]] for key in ("orig", "subst") if key in tree)
    needed.update(("dep", "ROOT", "_SP"))
    return {string for string in needed if string}


def note_scores(folder: Path, scores: Mapping[str, object]) -> None:
    """Add scores to a written pipeline's meta.json."""
    _change_meta(folder, {"performance": dict(scores)})


def _change_meta(folder: Path, changes: Mapping[str, object]) -> None:
    path = folder / "meta.json"
    meta = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(meta, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
