"""Low-rank adapters (LoRA; Hu et al. 2021) put into the weights of a model.

An adapter is a folder as peft writes it: ``adapter_config.json`` and ``adapter_model.safetensors``. OpenVINO GenAI
2026.4 applies none to a model opened from a GGUF file: the graph that it builds has no names of modules, so that every
tensor of the adapter is "unused". A copy of the file with changed weights runs on every engine.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models import ADAPTER_SHA256, check_weights

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter, ReaderTensor

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BUILTIN_ADAPTER = Path(__file__).parents[1] / "weights" / "llm"
"""What the built-in model was taught."""
_KEY = re.compile(r"(?:base_model\.model\.)?(?P<module>.+)\.lora_(?P<part>[AB])(?:\.default)?\.weight")
_GGUF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)")
_PERMUTED = {"attn_q": "attention.head_count", "attn_k": "attention.head_count_kv"}
"""Tensors whose rows GGUF keeps in another order in ``llama`` files, and the field with their number of heads."""
_ARCHITECTURES = ("llama", "qwen2", "qwen3")
_UNKNOWN = ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "fan_in_fan_out", "lora_bias")
"""Options of peft that change what the matrices mean, and are not understood here."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Adapter:
    """Changes of weight matrices by module name (``model.layers.0.self_attn.q_proj``)."""

    factors: dict[str, tuple[Matrix, Matrix]]
    """(A, B) with shapes (rank, inputs) and (outputs, rank)."""
    scale: float
    digest: str
    """Of the files: names what was made with them."""

    @classmethod
    def load(cls, folder: Path) -> Adapter:
        """Read an adapter's folder.

        Raises
        ------
        ModelError
            The files are missing or damaged, it is an adapter of another kind, or the built-in one is not the pinned
            one.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        digest = hashlib.sha256()
        try:
            for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
                digest.update((folder / name).read_bytes())
            if folder == BUILTIN_ADAPTER:
                check_weights(folder / ADAPTER_WEIGHTS, ADAPTER_SHA256)
            config = json.loads((folder / ADAPTER_CONFIG).read_text("utf-8"))
            tensors = load_file(folder / ADAPTER_WEIGHTS)
        except OSError as error:
            raise ModelError(
                f"cannot read the adapter {error.filename or folder}: {error.strerror or error}; "
                "check the setting 'llm_adapter', or --from"
            ) from error
        except (ValueError, SafetensorError) as error:
            raise ModelError(f"the adapter in {folder} is damaged: {error}") from error
        odd = [key for key in _UNKNOWN if config.get(key)]
        if config.get("peft_type") != "LORA" or odd:
            raise ModelError(f"the adapter in {folder} is not plain LoRA ({', '.join(odd) or config.get('peft_type')})")
        root = float(config["r"]) ** (0.5 if config.get("use_rslora") else 1.0)
        return cls(_paired(tensors, folder), float(config["lora_alpha"]) / root, digest.hexdigest())

    def change(self, module: str) -> Matrix:
        """Return what is to be added to a module's weight, of shape (outputs, inputs)."""
        a, b = self.factors[module]
        return self.scale * (b @ a)


def _paired(tensors: dict[str, NDArray[Any]], folder: Path) -> dict[str, tuple[Matrix, Matrix]]:
    parts: dict[str, dict[str, Matrix]] = {}
    for key, tensor in tensors.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise ModelError(f"the adapter in {folder} holds {key}, which is no part of plain LoRA")
        parts.setdefault(match["module"], {})[match["part"]] = tensor.astype(np.float32)
    halves = [module for module, pair in parts.items() if pair.keys() != {"A", "B"}]
    if halves or not parts:
        raise ModelError(f"the adapter in {folder} is not complete: {(halves or ['no tensors'])[0]}")
    return {module: (pair["A"], pair["B"]) for module, pair in parts.items()}


def adapt(model: Any, adapter: Adapter) -> None:
    """Add an adapter to the weights of a transformers model.

    Raises
    ------
    ModelError
        It was made for another model.
    """
    import torch

    for module in adapter.factors:
        change = torch.from_numpy(adapter.change(module))
        try:
            weight = model.get_submodule(module).weight
        except AttributeError as error:
            raise ModelError(f"the adapter was made for another model: this one has no {module}") from error
        if weight.shape != change.shape or not weight.dtype.is_floating_point:
            raise ModelError(f"the adapter was made for another model: {module} is {tuple(weight.shape)} there")
        with torch.no_grad():
            weight += change.to(weight)


def adapted_gguf(base: Path, folder: Path, cache: Path) -> Path:
    """Return a GGUF file in ``cache`` with an adapter in its weights; it is made when it is not there yet.

    Raises
    ------
    ModelError
    """
    adapter = Adapter.load(folder)
    named = hashlib.sha256(f"{adapter.digest} {base.resolve()} {base.stat().st_size}".encode()).hexdigest()
    target = cache / f"{base.stem}-{named[:12]}.gguf"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _merge(base, adapter, target)
    return target


def merge_gguf(base: Path, folder: Path, target: Path) -> None:
    """Write a GGUF file like ``base`` with the adapter of ``folder`` in its weights.

    Changed matrices are kept in 8 bits: a change is mostly smaller than half a step of 4 bits, which would round it
    away. All else is copied as it is.

    Raises
    ------
    ModelError
        The adapter was made for another model, or a file cannot be read or written.
    """
    _merge(base, Adapter.load(folder), target)


def _merge(base: Path, adapter: Adapter, target: Path) -> None:
    from gguf import GGUFReader, GGUFWriter

    # Other processes may be making the same file.
    draft = target.with_name(f"{target.name}.{uuid4().hex}.draft")
    try:
        reader = GGUFReader(base)
        names = _gguf_names(reader, adapter, base)
        with closing(GGUFWriter(draft, _text(reader, "general.architecture"))) as writer:
            _copy_fields(reader, writer)
            for tensor in reader.tensors:
                _copy_tensor(reader, writer, tensor, adapter, names.get(tensor.name))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
        draft.replace(target)
    except OSError as error:
        raise ModelError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _gguf_names(reader: GGUFReader, adapter: Adapter, base: Path) -> dict[str, str]:
    """Return the module for each tensor that the adapter changes."""
    architecture = _text(reader, "general.architecture")
    if architecture not in _ARCHITECTURES:
        raise ModelError(f"adapters for {architecture} models are not supported in GGUF files ({base})")
    names: dict[str, str] = {}
    for module in adapter.factors:
        match = _LAYER.fullmatch(module)
        if match is None or match[2] not in _GGUF_NAMES:
            raise ModelError(f"the adapter changes {module}, which has no known place in a GGUF file")
        names[f"blk.{match[1]}.{_GGUF_NAMES[match[2]]}.weight"] = module
    shapes = {tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in reader.tensors}
    for name, module in names.items():
        a, b = adapter.factors[module]
        if shapes.get(name) != (b.shape[0], a.shape[1]):
            raise ModelError(f"the adapter was made for another model than {base.name}: {module} does not fit")
    return names


def _copy_fields(reader: GGUFReader, writer: GGUFWriter) -> None:
    from gguf import GGUFValueType, Keys

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == Keys.General.ARCHITECTURE:
            continue  # the writer makes these itself
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)


def _copy_tensor(
    reader: GGUFReader, writer: GGUFWriter, tensor: ReaderTensor, adapter: Adapter, module: str | None
) -> None:
    from gguf import GGMLQuantizationType, dequantize, quantize

    if module is None:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        return
    change = adapter.change(module)
    architecture = _text(reader, "general.architecture")
    heads = _PERMUTED.get(tensor.name.split(".")[2]) if architecture == "llama" else None
    if heads is not None:
        field = reader.get_field(f"{architecture}.{heads}") or reader.get_field(f"{architecture}.attention.head_count")
        assert field is not None  # a llama file without heads opens nowhere
        change = permuted(change, int(field.contents()))
    weight = dequantize(tensor.data, tensor.tensor_type).reshape(change.shape) + change
    writer.add_tensor(
        tensor.name, quantize(weight.astype(np.float32), GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0
    )


def permuted(weight: Matrix, heads: int) -> Matrix:
    """Return the rows of a query or key matrix in GGUF's order.

    In transformers the two numbers that a rotation turns together stand half a head apart, in GGUF side by side (rotary
    embeddings; Su et al. 2021).
    """
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows, columns)


def _text(reader: GGUFReader, name: str) -> str:
    field = reader.get_field(name)
    return str(field.contents()) if field is not None else ""
