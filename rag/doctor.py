"""What is installed, what is missing, and what to do."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from connectors import Viewer
from rag.build import model_cache
from rag.library import LOCAL
from rag.models import BUILTIN
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.sdk import Wellspring

_PACKAGES = (
    "spacy",
    "networkx",
    "faiss-cpu",
    "langchain",
    "sentence-transformers",
    "transformers",
    "torch",
    "streamlit",
)
_OPTIONAL = {
    "openvino-genai": "GGUF models run slower through transformers; openvino-genai has wheels for x86-64",
    "s3fs": "for s3:// sources: pip install 'wellspring[s3]'",
    "gcsfs": "for gs:// sources: pip install 'wellspring[gs]'",
    "adlfs": "for az:// sources: pip install 'wellspring[az]'",
    "paramiko": "for sftp:// sources: pip install 'wellspring[sftp]'",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: str
    ok: bool
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def examine(settings: Settings, *, base: Wellspring | None = None, viewer: Viewer = LOCAL) -> list[Finding]:
    """Look at Python, packages, weights and the knowledge base. Loads no model and changes nothing.

    Parameters
    ----------
    base
        A knowledge base that is open already, of which is told what ``viewer`` may know; None: the one that the
        settings name, as a whole.
    """
    findings = [Finding("python", sys.version.split()[0], sys.version_info >= (3, 11))]
    for name in _PACKAGES:
        found = _version(name)
        findings.append(Finding(name, found or "missing", bool(found), "" if found else "run 'make setup'"))
    for name, purpose in _OPTIONAL.items():
        found = _version(name)
        findings.append(Finding(name, found or "not installed (optional)", True, "" if found else purpose))
    cache = model_cache(settings)
    for model in BUILTIN:
        state = cache.status(model)
        advice = "" if state == "ready" else "run 'rag models pull'"
        findings.append(Finding(f"{model.role} {model.name}", state, state == "ready", advice))
    findings.append(Finding("llm", settings.llm, True))
    findings.append(_open_base(base, viewer) if base else _knowledge_base(settings))
    return findings


def _knowledge_base(settings: Settings) -> Finding:
    from rag.build import DATABASE, build

    if not (settings.kb / DATABASE).exists():
        return Finding("knowledge base", f"none yet in {settings.kb}", True, "run 'rag index PATH'")
    with build(settings) as base:
        documents, failed = len(base.store.documents()), len(base.failures())
    advice = "'rag documents' lists the failed ones with their reasons" if failed else ""
    return Finding("knowledge base", f"{documents} documents, {failed} failed, in {settings.kb}", not failed, advice)


def _open_base(base: Wellspring, viewer: Viewer) -> Finding:
    documents, failed = len(base.documents(viewer=viewer)), len(base.failures(viewer=viewer))
    advice = "the page Library lists the failed ones with their reasons" if failed else ""
    return Finding("knowledge base", f"{documents} documents, {failed} failed, in {base.folder}", not failed, advice)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
