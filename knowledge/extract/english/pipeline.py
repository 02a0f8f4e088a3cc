"""The spaCy pipelines that documents are read with."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from knowledge.errors import PipelineError
from knowledge.extract.english.layout import lay_out
from knowledge.extract.english.names import named_spans
from knowledge.extract.english.parse import Parse, parse
from knowledge.language import add_abbreviations, sentences
from knowledge.pipelines import pipeline_path

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from threadpoolctl import ThreadpoolController

BUILTIN = "builtin"
_LONG_RUN = re.compile(r"\S{200,}")
_NEEDED = ("tagger", "parser", "ner")
_NAMING = {True: ("ner",), False: ("ner", "tok2vec", "transformer")}
"""What finding names takes: in the built-in pipeline (True) the recogniser has its own embedding."""
_BATCH = 64
"""Chunks that a pipeline takes at once."""
_running = threading.Lock()


class EnglishPipeline:
    """A spaCy pipeline with a tagger, a parser and a named-entity recogniser, loaded on first use.

    Parameters
    ----------
    source
        ``builtin``, or the name or folder of an installed spaCy pipeline.
    """

    def __init__(self, source: str = BUILTIN) -> None:
        self.source = source

    def read(self, texts: Sequence[str], names: Sequence[Sequence[tuple[int, int]]]) -> Iterator[Parse]:
        """Yield the parsed texts in order.

        Parameters
        ----------
        names
            For each text what is to be read as one name: half-open character offsets, in order, without overlap.

        Raises
        ------
        PipelineError
            The pipeline cannot be loaded or lacks a component.
        """
        # spaCy's string store grows while a pipeline runs, so that one thread at a time may run it.
        with _running:
            nlp = _loaded(self.source)
            # A sentence's matrices are so small that several threads only wait for each other: beside one other busy
            # process a document took five times as long.
            with _libraries().limit(limits=1, user_api="blas"):
                yield from self._read(nlp, texts, names)

    @property
    def name(self) -> str:
        """Names the pipeline and its version."""
        if self.source != BUILTIN:
            return self.source
        meta = json.loads((pipeline_path("en") / "meta.json").read_text(encoding="utf-8"))
        return f"{meta['name']}-{meta['version']}"

    def _read(self, nlp: Language, texts: Sequence[str], names: Sequence[Sequence[tuple[int, int]]]) -> Iterator[Parse]:
        bounds = [sentences(text, "en") for text in texts]
        tokens = [nlp.make_doc(_tame(text)) for text in texts]
        # Names first: the parser then reads each as one word, which it seldom gets wrong.
        with nlp.select_pipes(enable=[name for name in nlp.pipe_names if name in _NAMING[self.source == BUILTIN]]):
            docs = nlp.pipe(map(_with_sentences, tokens, bounds), batch_size=_BATCH)
            found = [named_spans(text, doc) for text, doc in zip(texts, docs, strict=True)]
        layouts = [
            lay_out(doc, text, within, _joined(text, known, named))
            for doc, text, within, known, named in zip(tokens, texts, bounds, names, found, strict=True)
        ]
        with nlp.select_pipes(disable=["ner"]):
            read = nlp.pipe((layout.doc(nlp.vocab) for layout in layouts), batch_size=_BATCH)
            yield from map(parse, read, layouts, found)


@cache
def _loaded(source: str) -> Language:
    """Load a pipeline once a process, whichever extractors use it."""
    # It takes seconds, and who only asks needs none.
    import spacy

    try:
        nlp = spacy.load(pipeline_path("en") if source == BUILTIN else source)
    except OSError as error:
        raise PipelineError(
            f"the spaCy pipeline {source!r} is not installed: install it as a package, or set 'pipeline' to "
            f"'{BUILTIN}' or to the folder of a pipeline"
        ) from error
    if missing := [name for name in _NEEDED if not nlp.has_pipe(name)]:
        raise PipelineError(f"the spaCy pipeline {source!r} has no {missing[0]}: extraction needs one")
    nlp.max_length = 100_000_000
    add_abbreviations(nlp)
    _use_fast_products(nlp)
    return nlp


def _use_fast_products(nlp: Language) -> None:
    """Let NumPy's own library multiply matrices: four times as fast here as the one that thinc brings."""
    from thinc.api import Model, NumpyOps

    ops = NumpyOps(use_blis=False)
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            if isinstance(node.ops, NumpyOps):
                node.ops = ops


@cache
def _libraries() -> ThreadpoolController:
    """Return the libraries that have threads of their own: loading a pipeline loads those that it uses."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _with_sentences(doc: Doc, bounds: Sequence[tuple[int, int]]) -> Doc:
    """Set where sentences start: no name goes over that."""
    starts = {start for start, _ in bounds}
    for token in doc:
        token.is_sent_start = token.i == 0 or token.idx in starts
    return doc


def _joined(
    text: str, known: Sequence[tuple[int, int]], named: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int]]:
    """Add the names of several words that the pipeline found to those that are known, where they do not overlap."""
    free = [
        (start, end)
        for start, end, _ in named
        if " " in text[start:end] and not any(a < end and start < b for a, b in known)
    ]
    return sorted([*known, *free])


def _tame(text: str) -> str:
    """Blank out what has no spaces for long, offsets kept: the tokenizer takes quadratic time on it."""
    return _LONG_RUN.sub(lambda run: "x" * len(run.group()), text)
