"""Collects the chunks that may matter to a question, and what speaks for each (``rag.signals``).

Nothing here knows of encyclopedias or of any other kind of document. A chunk is near to the question in meaning, holds
its words, names the things that it names; or it is reached in one step from a chunk that does: what such a chunk
names has a document of its own ("the director of …" is named there, and has a page), or is named elsewhere too.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from rag.asked import Asked
from rag.signals import COLUMN, PARTS, SIGNALS, Found, weights
from rag.view import COMMON, Floats, Numbers, View

_CANDIDATES = 200
"""Chunks taken from each of dense and lexical search."""
_PREFERRED = 60
"""Chunks of preferred documents taken by each signal."""
_SEED_DOCUMENTS = 8
"""Best documents from which paths go out …"""
_SEED_CHUNKS = 3
"""… and the best chunks of each."""
_OWN_SHARE = 0.2
"""What a seed's own score counts for beside its document's."""
_DOCUMENT_CHUNKS = 3
"""Chunks of a document that come up because its title does."""
_WALK_STEPS = 8
_RESTART = 0.5
_LONG = 20
"""Chunks from which on a document is long …"""
_BEST = 30
"""… and how many of the best are looked at to tell whether the answer stands in long documents."""


class Searcher:
    """Collects signals for one question in one view.

    Parameters
    ----------
    view
        What may be read.
    asked
        The question.
    vector
        The question's: float32, (dim,), unit length.
    row_vector
        The same of the rows asked for, where there are any.
    without
        Signals to leave out, for measuring what they bring.
    """

    def __init__(
        self,
        view: View,
        asked: Asked,
        vector: NDArray[np.float32],
        row_vector: NDArray[np.float32] | None = None,
        *,
        without: Collection[str] = (),
    ) -> None:
        self._view = view
        self._asked = asked
        self._vector = vector
        self._row_vector = row_vector
        self._without = frozenset(without)
        scores = view.lexical.scores_of((asked.tokens, asked.rest, asked.row_tokens))
        self._words, self._rest, self._row_words = map(view.readable, scores)
        self._preferred = self._chunks_preferred()
        self._most = view.lexical.most(asked.tokens)
        self._rest_most = view.lexical.most(asked.rest)

    def found(self) -> Found:
        """Return the chunks that speak to the question, and those one step from the best of them."""
        found = self._direct(self._near())
        found.long = self._in_long_documents(found)
        if self._without.issuperset(PARTS["paths"]):
            return found
        seeds, shares = self._seeds(found)
        paths = [self._paths_to_titles(seeds, shares), self._paths_to_names(seeds, shares)]
        new = np.setdiff1d(np.concatenate([targets for targets, *_ in paths]), found.numbers)
        if len(new):
            found = self._merged(found, self._direct(new))
        found.by_title = self._add_paths(found, "title", *paths[0])
        found.by_name = self._add_paths(found, "name", *paths[1])
        self._add_walk(found, seeds, shares)
        best = np.maximum(found.rows[:, COLUMN["path to title"]], found.rows[:, COLUMN["path to name"]])
        found.rows[:, COLUMN["rest after path"]] = best * found.rows[:, COLUMN["rest"]]
        self._blank(found.rows)
        return found

    def _in_long_documents(self, found: Found) -> bool:
        """Return whether most of what answers best stands in long documents."""
        documents = self._view.document_of[found.numbers]
        sizes = np.diff(self._view.chunks_of_document)[documents]
        scores = found.rows @ weights(found.language, long=True)
        best = np.lexsort((found.numbers, -scores))[:_BEST]
        return len(best) > 0 and float(np.median(sizes[best])) >= _LONG

    def _near(self) -> Numbers:
        """Return the chunks that are near in meaning or words, or that hold a name of the question."""
        view = self._view
        parts = []
        if "meaning" not in self._without:
            by_meaning, _ = view.vectors.search(self._vector, _CANDIDATES, allowed=view.allowed)
            parts.append(view.numbers[by_meaning])
        if "words" not in self._without:
            parts.append(_highest(self._words, _CANDIDATES))
        # A title that more documents bear ("Introduction") names none of them.
        titled = (document for document, share in self._asked.documents.items() if share * COMMON >= 1)
        parts += map(self._best_chunks, titled)
        parts.append(view.chunks_naming.gather(self._followed())[0])
        if len(self._preferred):
            parts += self._near_preferred()
        return np.unique(np.concatenate(parts))

    def _chunks_preferred(self) -> Numbers:
        """Return the chunks of the documents of the organisation that the question names."""
        starts = self._view.chunks_of_document
        named = [document for document, fit in self._asked.about.items() if fit >= 1]
        return np.concatenate([np.arange(0), *(np.arange(*starts[d : d + 2]) for d in sorted(named))])

    def _near_preferred(self) -> list[Numbers]:
        """Return the best of the preferred documents' chunks, by each signal."""
        view, chunks = self._view, self._preferred
        allowed = np.zeros(len(view.vectors), dtype=np.bool_)
        allowed[view.positions[chunks]] = True
        vectors = [self._vector] if self._row_vector is None else [self._vector, self._row_vector]
        parts = [view.numbers[view.vectors.search(v, _PREFERRED, allowed=allowed)[0]] for v in vectors]
        parts += [chunks[_highest(words[chunks], _PREFERRED)] for words in (self._words, self._row_words)]
        statement = view.statements.scores(self._asked.text)[view.positions[chunks]]
        return [*parts, chunks[_highest(statement, _PREFERRED)]]

    def _best_words(self, words: Floats) -> float:
        """Return the best BM25 score, of the preferred documents where there are any; more than 0."""
        among = words[self._preferred] if len(self._preferred) else words
        return float(among.max(initial=0)) or 1.0

    def _followed(self) -> Numbers:
        """Return the question's entities that few enough chunks name."""
        entities = np.array(self._asked.entities, dtype=np.int64)
        return entities[self._view.leads[entities]]

    def _best_chunks(self, document: int) -> Numbers:
        """Return the chunks of a document that are nearest to the question."""
        view = self._view
        chunks = np.arange(*view.chunks_of_document[document : document + 2])
        if len(chunks) <= _DOCUMENT_CHUNKS:
            return chunks
        near = view.vectors.scores(self._vector, view.positions[chunks]) + self._word_share(chunks)
        return np.sort(chunks[np.argsort(-near, kind="stable")[:_DOCUMENT_CHUNKS]])

    def _word_share(self, numbers: Numbers) -> Floats:
        share: Floats = self._words[numbers] / np.float32(self._most)
        return share

    def _direct(self, numbers: Numbers) -> Found:
        """Fill in what a chunk's own text and title say."""
        view, asked = self._view, self._asked
        rows = np.zeros((len(numbers), len(SIGNALS)), dtype=np.float32)
        rows[:, COLUMN["meaning"]] = view.vectors.scores(self._vector, view.positions[numbers])
        rows[:, COLUMN["words"]] = np.minimum(self._words[numbers] / self._best_words(self._words), 1)
        rows[:, COLUMN["word share"]] = self._word_share(numbers)
        rows[:, COLUMN["rest"]] = self._rest[numbers] / np.float32(self._rest_most)
        documents = view.document_of[numbers]
        for name, values in (("title", asked.documents), ("about", asked.about)):
            of_document = np.zeros(len(view.chunks_of_document) - 1, dtype=np.float32)
            of_document[[*values]] = [*values.values()]
            rows[:, COLUMN[name]] = of_document[documents]
        if self._row_vector is not None:
            rows[:, COLUMN["rows asked"]] = view.vectors.scores(self._row_vector, view.positions[numbers])
            rows[:, COLUMN["words of rows"]] = np.minimum(
                self._row_words[numbers] / self._best_words(self._row_words), 1
            )
        if asked.wanted.statements:
            rows[:, COLUMN["statement"]] = view.statements.scores(asked.text)[view.positions[numbers]] > 0
        followed = self._followed()
        chunks, places = view.chunks_naming.gather(followed)
        at, inside = _among(numbers, chunks)
        np.add.at(rows[:, COLUMN["names"]], at, view.rarity[followed[places[inside]]])
        np.add.at(rows[:, COLUMN["name count"]], at, 1)
        rows[:, COLUMN["title asked"]], rows[:, COLUMN["title covers"]] = self._titles(documents)
        rows[:, COLUMN["chinese"]] = float(asked.language == "zh")
        self._blank(rows)
        return Found(numbers, rows, asked.language)

    def _blank(self, rows: Floats) -> None:
        rows[:, [COLUMN[name] for name in self._without]] = 0

    def _titles(self, documents: Numbers) -> tuple[Floats, Floats]:
        """Return how much of each document's title the question holds, and the other way round."""
        # In the order of their hashes, to be looked up.
        known = sorted((hash(token), self._view.lexical.idf(token)) for token in set(self._asked.tokens))
        if not known or not len(documents):
            nothing = np.zeros(len(documents), dtype=np.float32)
            return nothing, nothing
        different, back = np.unique(documents, return_inverse=True)
        tokens, counts, whole = self._view.title_tokens
        spots, owners = tokens.spots(different)
        at, there = _among(np.array([number for number, _ in known], dtype=np.int64), tokens.items[spots])
        weights = np.array([weight for _, weight in known])[at]
        owners, spots, size = owners[there], spots[there], len(different)
        asked = np.bincount(owners, counts[spots] * weights, size)
        covers = np.bincount(owners, weights, size) / self._most
        asked = np.divide(asked, whole[different], out=np.zeros(size), where=whole[different] > 0)
        return asked[back].astype(np.float32), covers[back].astype(np.float32)

    def _seeds(self, found: Found) -> tuple[Numbers, Floats]:
        """Return the chunks from which paths go out, and the part of the best score that each has."""
        scores = found.first_scores()
        order = np.lexsort((found.numbers, -scores))
        best = float(scores[order[0]]) if len(order) else 0.0
        chosen: dict[int, list[int]] = {}
        for place in order.tolist():
            document = int(self._view.document_of[found.numbers[place]])
            if document in chosen or len(chosen) < _SEED_DOCUMENTS:
                held = chosen.setdefault(document, [])
                if len(held) < _SEED_CHUNKS:
                    held.append(place)
        pairs = [
            (place, ((1 - _OWN_SHARE) * scores[places[0]] + _OWN_SHARE * scores[place]) / best)
            for places in chosen.values()
            for place in places
            if best > 0 and scores[place] > 0
        ]
        places = np.array([place for place, _ in pairs], dtype=np.int64)
        return found.numbers[places], np.array([share for _, share in pairs], dtype=np.float32)

    def _paths_to_titles(self, seeds: Numbers, shares: Floats) -> tuple[Numbers, Floats, Numbers, Numbers]:
        """Return steps from seeds to documents that they name: targets, values, origins, documents."""
        view = self._view
        documents, at = view.titles_in.gather(seeds)
        parts: list[tuple[Numbers, Numbers, Floats]] = [(documents, at, shares[at] * view.title_share[documents])]
        entities, at = view.entities_in.gather(seeds)
        things = view.leads[entities] | (view.bearers[entities] > 0)
        entities, at = _pairs(entities[things], at[things])
        documents, places = view.documents_titled.gather(entities)
        share = (1 / view.bearers[entities[places]]).astype(np.float32)
        parts.append((documents, at[places], shares[at[places]] * share))
        documents = np.concatenate([part[0] for part in parts])
        origins = np.concatenate([part[1] for part in parts])
        values = np.concatenate([part[2] for part in parts])
        away = view.document_of[seeds[origins]] != documents
        documents, origins, values = documents[away], origins[away], values[away]
        # Both ways may find the same step.
        order = np.lexsort((-values, documents, origins))
        documents, origins, values = documents[order], origins[order], values[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = (np.diff(documents) != 0) | (np.diff(origins) != 0)
        documents, origins, values = documents[new], origins[new], values[new]
        entry = {int(document): self._entry(int(document)) for document in np.unique(documents)}
        targets = np.fromiter((entry[int(document)] for document in documents), dtype=np.int64)
        return targets, values, seeds[origins], documents

    def _entry(self, document: int) -> int:
        """Return the chunk of a document that answers to the question best."""
        return int(self._nearest(np.arange(*self._view.chunks_of_document[document : document + 2])))

    def _nearest(self, chunks: Numbers) -> int:
        if len(chunks) == 1:
            return int(chunks[0])
        near = self._view.vectors.scores(self._vector, self._view.positions[chunks]) + self._word_share(chunks)
        return int(chunks[np.argmax(near)])

    def _paths_to_names(self, seeds: Numbers, shares: Floats) -> tuple[Numbers, Floats, Numbers, Numbers]:
        """Return steps from seeds to chunks that share a name: targets, values, origins, entities."""
        view = self._view
        entities, at = view.entities_in.gather(seeds)
        keep = view.leads[entities] & ~np.isin(entities, self._asked.entities)
        entities, at = _pairs(entities[keep], at[keep])
        targets, places = view.chunks_naming.gather(entities)
        origins, through = at[places], entities[places]
        away = view.document_of[seeds[origins]] != view.document_of[targets]
        targets, origins, through = targets[away], origins[away], through[away]
        return targets, shares[origins] * view.rarity[through], seeds[origins], through

    def _add_paths(
        self, found: Found, kind: str, targets: Numbers, values: Floats, origins: Numbers, through: Numbers
    ) -> dict[int, tuple[int, int]]:
        """Enter the best step to each chunk and the sum of all; return where the best one came from."""
        at = np.searchsorted(found.numbers, targets)
        np.maximum.at(found.rows[:, COLUMN[f"path to {kind}"]], at, values)
        np.add.at(found.rows[:, COLUMN[f"paths to {kind}"]], at, values)
        order = np.lexsort((through, origins, -values, targets))
        first = np.unique(targets[order], return_index=True)[1]
        best = order[first]
        return {int(targets[i]): (int(origins[i]), int(through[i])) for i in best.tolist()}

    def _add_walk(self, found: Found, seeds: Numbers, shares: Floats) -> None:
        """Personalised PageRank (Page et al. 1999) over the found chunks and the names that they share."""
        view = self._view
        entities, at = view.entities_in.gather(found.numbers)
        keep = view.leads[entities]
        entities, at = _pairs(entities[keep], at[keep])
        different, columns = np.unique(entities, return_inverse=True)
        if not len(different):
            return
        start = np.zeros(len(found.numbers))
        start[np.searchsorted(found.numbers, seeds)] = shares.astype(np.float64) ** 3
        start /= start.sum() or 1
        # Every chunk gives to its names in equal parts, and every name to its chunks.
        to_name = 1 / np.bincount(at, minlength=len(start))[at]
        to_chunk = 1 / np.bincount(columns)[columns]
        rank = start
        for _ in range(_WALK_STEPS):
            names = np.bincount(columns, rank[at] * to_name)
            rank = _RESTART * start + (1 - _RESTART) * np.bincount(at, names[columns] * to_chunk, len(start))
        rank = rank - _RESTART * start
        found.rows[:, COLUMN["walk"]] = np.round(rank / (rank.max() or 1), 6)

    def _merged(self, one: Found, other: Found) -> Found:
        numbers = np.concatenate([one.numbers, other.numbers])
        order = np.argsort(numbers)
        return Found(numbers[order], np.concatenate([one.rows, other.rows])[order], one.language, one.long)


def _pairs(entities: Numbers, at: Numbers) -> tuple[Numbers, Numbers]:
    """Return each pair of entity and seed once."""
    size = int(entities.max(initial=0)) + 1
    pairs = np.unique(at * size + entities)
    return pairs % size, pairs // size


def _among(numbers: Numbers, wanted: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the places in ascending ``numbers`` of those wanted that are there, and which these are."""
    at = np.minimum(np.searchsorted(numbers, wanted), max(len(numbers) - 1, 0))
    there = numbers[at] == wanted if len(numbers) else np.zeros(len(wanted), dtype=np.bool_)
    return at[there], there


def _highest(scores: Floats, count: int) -> Numbers:
    """Return where the ``count`` highest scores above 0 are; of ties, the first."""
    places = np.flatnonzero(scores > 0)
    if len(places) > count:
        least = np.partition(scores[places], -count)[-count]
        above = places[scores[places] > least]
        ties = places[scores[places] == least]
        places = np.concatenate([above, ties[: count - len(above)]])
    return places
