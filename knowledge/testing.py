"""Deterministic stand-ins and conformance suites, for our tests and for those of plug-in authors."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from connectors import Document
from knowledge.chunk import chunk_document
from knowledge.embed import Embedder
from knowledge.extract import BatchExtractor, Extractor
from knowledge.language import search_tokens
from knowledge.records import Vectors
from knowledge.store import Store


class HashEmbedder:
    """An embedder without weights: each token's hash picks a direction, a text is the sum of its tokens'.

    Texts that share words are near each other, so that searches behave sensibly; the vectors are the same on every
    machine.
    """

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def name(self) -> str:
        """Names the embedder and its dimension."""
        return f"hash-{self._dimension}"

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32, (len(texts), dimension), rows of unit length."""
        rows = [self.embed_question(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self._dimension)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return float32, (dimension,), unit length."""
        text.encode()  # Half a character is refused, as tokenizers do.
        total = np.zeros(self._dimension, dtype=np.float32)
        total[0] = 1e-3
        for token in search_tokens(text):
            seed = hashlib.blake2b(token.encode(), digest_size=8).digest()
            total += np.random.default_rng(int.from_bytes(seed, "big")).standard_normal(self._dimension)
        row: NDArray[np.float32] = total / np.linalg.norm(total)
        return row.astype(np.float32)


def contents(store: Store, *, dimension: int = 64) -> dict[str, object]:
    """Return everything that a store keeps of documents, times of indexing apart: equal stores give equal dicts."""
    return {
        "documents": [replace(info, indexed="") for info in store.documents()],
        "texts": [store.document(info.id) for info in store.documents()],
        "versions": [store.versions(source.id) for source in store.sources()],
        "access": store.access(),
        "failures": store.failures(),
        "chunks": store.chunks(),
        "refs": store.chunk_refs(),
        "vectors": store.vectors(dimension).tolist(),
        "entities": store.entities(),
        "mentions": sorted(map(repr, store.mentions())),
        "relations": sorted(map(repr, store.relations())),
    }


class EmbedderContract(ABC):
    """Checks what ``knowledge.embed`` says of an embedder. Inherit it in a class named ``Test…``."""

    TEXTS = ("Pumps are cleaned in May.", "泵每年五月清洗。", "A much longer text about valves. " * 40, "x")

    @abstractmethod
    def embedder(self) -> Embedder:
        """Return a new embedder."""

    def test_name_and_dimension_are_stable(self) -> None:
        """Two embedders made alike say the same."""
        one, other = self.embedder(), self.embedder()
        assert one.name
        assert (one.name, one.dimension) == (other.name, other.dimension)
        assert one.dimension > 0

    def test_rows_of_unit_length(self) -> None:
        """float32, one row a text; an empty text and no text at all are no errors."""
        embedder = self.embedder()
        for texts in ((), ("",), self.TEXTS):
            rows = embedder.embed_passages(texts)
            assert rows.dtype == np.float32
            assert rows.shape == (len(texts), embedder.dimension)
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
        question = embedder.embed_question("When are pumps cleaned?")
        assert question.dtype == np.float32
        assert question.shape == (embedder.dimension,)
        assert np.isclose(np.linalg.norm(question), 1, atol=1e-3)

    def test_batches_do_not_matter(self) -> None:
        """A text has one vector, alone or among others, now and later."""
        embedder = self.embedder()
        together = embedder.embed_passages(self.TEXTS)
        alone = np.concatenate([embedder.embed_passages([text]) for text in self.TEXTS])
        assert np.allclose(together, alone, atol=1e-2)
        assert np.allclose(together, self.embedder().embed_passages(self.TEXTS), atol=1e-2)

    def test_different_texts_differ(self) -> None:
        """Vectors say something."""
        rows = self.embedder().embed_passages(self.TEXTS)
        assert np.all((rows @ rows.T)[~np.eye(len(rows), dtype=bool)] < 0.999)


class ExtractorContract(ABC):
    """Checks what ``knowledge.extract`` says of an extractor. Inherit it in a class named ``Test…``."""

    TEXTS: Mapping[str, str] = {
        "Acme Pump": "Acme Pump X200 was built by Acme Corp in Berlin.\n\nIt replaced the X100. Ann Lee likes it.",
        "Leave (policy)": "Anyone may take leave. Ask Bob Stone, who works for Acme Corp.",
        "差旅制度": "差旅费由北京星河有限公司财务部报销。《员工手册》另有规定。",
        "-": "!",
    }

    @abstractmethod
    def extractor(self) -> Extractor:
        """Return a new extractor."""

    def documents(self) -> list[Document]:
        """Return one document a text."""
        return [make_document(title, text, title=title) for title, text in self.TEXTS.items()]

    def test_name_is_stable(self) -> None:
        """Two extractors made alike have one name."""
        assert self.extractor().name
        assert self.extractor().name == self.extractor().name

    def test_mentions_lie_in_their_chunks(self) -> None:
        """A mention is the document's text at its offsets, inside its chunk, in order, with a key."""
        for document in self.documents():
            chunks = {chunk.id: chunk for chunk in chunk_document(document)}
            found = self.extractor().extract(document, tuple(chunks.values()))
            for mention in found.mentions:
                chunk = chunks[mention.chunk_id]
                assert chunk.start <= mention.start < mention.end <= chunk.end
                assert document.text[mention.start : mention.end] == mention.name
                assert mention.entity
                assert mention.type
            places = [(mention.start, mention.end) for mention in found.mentions]
            assert places == sorted(places)

    def test_relations_have_evidence(self) -> None:
        """The evidence lies in the chunk, and its chunk mentions subject and object."""
        for document in self.documents():
            chunks = {chunk.id: chunk for chunk in chunk_document(document)}
            found = self.extractor().extract(document, tuple(chunks.values()))
            named = {(mention.chunk_id, mention.entity) for mention in found.mentions}
            # What the document is about is an entity even where its text never names it.
            assert {entity.key for entity in found.entities} >= {key for _, key in named}
            assert {entity.document_id for entity in found.entities} <= {document.id}
            for relation in found.relations:
                chunk = chunks[relation.chunk_id]
                assert chunk.start <= relation.start < relation.end <= chunk.end
                assert {(chunk.id, relation.subject), (chunk.id, relation.object)} <= named
                assert relation.predicate
                assert 0 <= relation.confidence <= 1

    def test_one_document_at_a_time(self) -> None:
        """What came before does not matter, nor does who asks."""
        extractor = self.extractor()
        documents = self.documents()
        forth = [extractor.extract(document, chunk_document(document)) for document in documents]
        back = [extractor.extract(document, chunk_document(document)) for document in reversed(documents)]
        assert forth == back[::-1]
        assert forth == [self.extractor().extract(document, chunk_document(document)) for document in documents]

    def test_many_at_once(self) -> None:
        """Documents give together what they give alone, where the extractor takes many at once."""
        extractor = self.extractor()
        if isinstance(extractor, BatchExtractor):
            cut = [(document, chunk_document(document)) for document in self.documents() * 3]
            assert extractor.extract_many(cut) == [extractor.extract(*one) for one in cut]
            assert extractor.extract_many([]) == []

    def test_no_chunks(self) -> None:
        """Of a document without chunks nothing is found."""
        found = self.extractor().extract(make_document("empty", " "), ())
        assert (found.mentions, found.relations) == ((), ())


def make_document(name: str, text: str, **fields: object) -> Document:
    """Return a document ``test/{name}`` of the source ``test``; ``fields`` override."""
    given: dict[str, object] = {
        "id": f"test/{name}",
        "source": "test",
        "title": name,
        "text": text,
        "version": hashlib.sha256(text.encode()).hexdigest(),
    }
    return Document(**(given | fields))  # type: ignore[arg-type]
