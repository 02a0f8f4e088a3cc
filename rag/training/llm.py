"""Fine-tuning the local chat model: low-rank adapters (LoRA; Hu et al. 2021, through peft).

A sheet (``rag.training.sheets``) becomes one sequence: the tokens that all its conversations begin with (system prompt
and passages), once, then of each conversation what follows. A mask lets the tokens of a conversation see the shared
beginning and their own past only, and positions count on from the shared beginning, so that every conversation is
computed exactly as if it stood alone, at a fifth of the tokens. The loss is over the replies.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rag.errors import TrainingError
from rag.llms.adapter import ADAPTER_CONFIG, ADAPTER_WEIGHTS, Adapter, merge_gguf
from rag.llms.transformers import open_model
from rag.prompts import NO_ANSWER, numbered, prompt
from rag.training.data import Row
from rag.training.loop import History, Plan, Progress, fit
from rag.training.sheets import Sheet, make_sheets

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CARD = "adapter.json"
MERGED = "model.gguf"
"""The base model with the adapter in its weights."""
_PLAN = Plan(epochs=1.0, tokens=2048, learning_rate=1e-3, warm_up=0.06, decay=0.0, check_every=40, patience=4)
_GENTLE = 2e-4
"""The learning rate that goes on from a trained adapter."""
_NO_PEFT = "training the chat model needs peft: pip install 'wellspring[train]'"
_WRAPPED = "base_model.model."
"""What peft puts before the names of a model's modules."""
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}
_LONGEST = 1024
"""Tokens of a sheet: of longer ones the last questions are left out."""


@dataclass(frozen=True, slots=True)
class Lora:
    """The adapter's shape: all linear layers of a block, as the built-in adapter has them (Dettmers et al. 2023)."""

    rank: int = 16
    alpha: int = 32
    modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Packed:
    """A sheet as one sequence."""

    tokens: tuple[int, ...]
    positions: tuple[int, ...]
    branch: tuple[int, ...]
    """0: the shared beginning; 1, 2, …: the conversation that a token belongs to."""
    replies: tuple[tuple[int, int], ...]
    """Of each conversation the half-open stretch of tokens that is to be learnt."""
    refused: tuple[bool, ...]
    """Whether the right reply to each is a refusal."""


def pack(
    prompts: Sequence[Sequence[int]],
    replies: Sequence[Sequence[int]],
    refused: Sequence[bool],
    *,
    longest: int = _LONGEST,
) -> Packed:
    """Return conversations as one sequence in which their common beginning stands once.

    Parameters
    ----------
    prompts, replies
        Tokens of each conversation before the reply, and of the reply with the token that ends it.
    longest
        Conversations that would make the sequence longer are left out, except for the first.
    """
    shared = _shared(prompts)
    tokens = list(prompts[0][:shared])
    positions, branch = list(range(shared)), [0] * shared
    spans: list[tuple[int, int]] = []
    for number, (before, reply) in enumerate(zip(prompts, replies, strict=True), 1):
        own = [*before[shared:], *reply]
        if spans and len(tokens) + len(own) > longest:
            break
        tokens += own
        positions += range(shared, shared + len(own))
        branch += [number] * len(own)
        spans.append((len(tokens) - len(reply), len(tokens)))
    return Packed(tuple(tokens), tuple(positions), tuple(branch), tuple(spans), tuple(refused[: len(spans)]))


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with; at least the last token of each is its own."""
    limit = min(map(len, prompts)) - 1
    first = prompts[0]
    return next((n for n in range(limit) if any(other[n] != first[n] for other in prompts)), limit)


def packed_sheet(sheet: Sheet, tokenizer: PreTrainedTokenizerBase) -> Packed:
    """Return a sheet's conversations, word for word as the product puts them to the model."""
    text = numbered(sheet.passages)
    prompts = []
    for asked in sheet.questions:
        messages = prompt(sheet.language).invoke({"question": asked.question, "passages": text}).to_messages()
        turns = [{"role": _ROLES[message.type], "content": str(message.text)} for message in messages]
        rendered = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        prompts.append(_tokens(tokenizer, str(rendered)))
    replies = [[*_tokens(tokenizer, asked.reply), int(str(tokenizer.eos_token_id))] for asked in sheet.questions]
    return pack(prompts, replies, [asked.reply == NO_ANSWER for asked in sheet.questions])


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


class ReplyTask:
    """Teaches a chat model the replies of sheets."""

    measures: tuple[str, ...] = ("exact", "negative_loss")

    def __init__(
        self,
        model: nn.Module,
        train: Sequence[Packed],
        check: Sequence[Packed],
        *,
        batch: int = 2048,
        started: str = "",
    ) -> None:
        """Take a causal language model of transformers in which the weights to train require gradients.

        ``batch`` is the number of padded tokens that are validated at a time; ``started`` tells apart what training can
        start from.
        """
        self.model = model
        self._train = train
        self._check = sorted(check, key=lambda packed: len(packed.tokens))
        self._batch = batch
        self._started = started

    def lengths(self) -> Sequence[int]:
        """Return the tokens of every sheet."""
        return [len(packed.tokens) for packed in self._train]

    def loss(self, examples: Sequence[int]) -> Tensor:
        """Return the mean cross entropy of the replies' tokens."""
        logits, wanted, _ = reply_logits(self.model, [self._train[example] for example in examples])
        return cross_entropy(logits, wanted)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return figures over held-out sheets, without generating.

        ``exact`` is the share of replies of which every token is the likeliest one after those before it: just these
        are what greedy decoding would write. ``answered`` and ``refused`` are its parts for questions with an answer
        and without; ``negative_loss`` is per token.
        """
        right: dict[bool, list[bool]] = {True: [], False: []}
        losses, count = 0.0, 0
        for packed in _by_size(self._check, self._batch):
            logits, wanted, owners = reply_logits(self.model, packed)
            losses += float(cross_entropy(logits, wanted, reduction="sum"))
            count += len(wanted)
            hits = logits.argmax(-1) == wanted
            refused = [flag for sheet in packed for flag in sheet.refused]
            for number, flag in enumerate(refused):
                right[flag].append(bool(hits[owners == number].all()))
        every = right[True] + right[False]
        return {
            "exact": _mean(every),
            "answered": _mean(right[False]),
            "refused": _mean(right[True]),
            "negative_loss": -losses / max(1, count),
        }

    def fingerprint(self) -> str:
        """Return a digest of the sheets and of what the training starts from."""
        return hashlib.sha256(f"{self._started}{(self._train, self._check)}".encode()).hexdigest()


def reply_logits(model: nn.Module, sheets: Sequence[Packed]) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits for the tokens of all replies, the tokens, and the number of the conversation of each.

    The vocabulary's logits are computed for these tokens alone: over all tokens they would cost a fifth of a step.
    """
    length = max(len(packed.tokens) for packed in sheets)
    tokens = torch.zeros(len(sheets), length, dtype=torch.long)
    positions = torch.zeros(len(sheets), length, dtype=torch.long)
    branch = torch.full((len(sheets), length), -1)
    places: list[tuple[int, int]] = []
    owners: list[int] = []
    conversation = 0
    for row, packed in enumerate(sheets):
        size = len(packed.tokens)
        tokens[row, :size] = torch.tensor(packed.tokens)
        positions[row, :size] = torch.tensor(packed.positions)
        branch[row, :size] = torch.tensor(packed.branch)
        for start, end in packed.replies:
            places += [(row, place) for place in range(start, end)]
            owners += [conversation] * (end - start)
            conversation += 1
    rows, columns = torch.tensor(places).unbind(1)
    outer: Any = model
    body = outer.get_base_model() if hasattr(outer, "get_base_model") else outer  # what peft wraps
    device = next(model.parameters()).device
    hidden = body.model(
        input_ids=tokens.to(device),
        attention_mask=_additive(visible(branch)).to(device),
        position_ids=positions.to(device),
        use_cache=False,
    ).last_hidden_state
    logits = body.lm_head(hidden[rows, columns - 1])
    return logits, tokens[rows, columns].to(device), torch.tensor(owners).to(device)


def visible(branch: Tensor) -> Tensor:
    """Return which token (last axis) each token (axis before) may see, for ``branch`` of shape (sheets, tokens).

    Those before it of the shared beginning and of its own conversation; padding (-1) sees padding.
    """
    size = branch.shape[1]
    past = torch.ones(size, size, dtype=torch.bool).tril()
    keys = branch.unsqueeze(1)
    return past & ((keys == 0) | (keys == branch.unsqueeze(2)))


def _additive(seen: Tensor) -> Tensor:
    """Return a mask as every attention of transformers takes it: added to the scores, with an axis for the heads."""
    least = torch.finfo(torch.float32).min
    return torch.zeros(seen.shape).masked_fill(~seen, least).unsqueeze(1)


def add_lora(model: PreTrainedModel, lora: Lora, *, seed: int = 1) -> Any:
    """Return the model with an untrained adapter, which alone requires gradients.

    Raises
    ------
    TrainingError
        peft is not installed, or the model has no such modules.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise TrainingError(_NO_PEFT) from error
    torch.manual_seed(seed)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=0.0,  # there is about one pass over the data
        target_modules=list(lora.modules),
        task_type="CAUSAL_LM",
    )
    try:
        with _quiet_peft():
            return get_peft_model(model, config)
    except ValueError as error:
        raise TrainingError(f"this model takes no adapter: {str(error).splitlines()[0]}") from error


@contextmanager
def _quiet_peft() -> Iterator[None]:
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by a name that is going out of use.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        # What is missing is told by an error of ours.
        warnings.filterwarnings("ignore", message="Found missing adapter keys")
        yield


def open_lora(model: PreTrainedModel, folder: Path) -> Any:
    """Return the model with an adapter that was trained before, which alone requires gradients.

    Raises
    ------
    ModelError
        The adapter cannot be read.
    TrainingError
        It was made for another model, or peft is not installed.
    """
    adapter = Adapter.load(folder)
    try:
        from peft import PeftModel
    except ImportError as error:
        raise TrainingError(_NO_PEFT) from error
    try:
        with _quiet_peft():
            adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=True)
    except (ValueError, RuntimeError) as error:
        raise TrainingError(f"the adapter in {folder} was made for another model") from error
    # peft passes over what has no place in the model, and begins anew where the adapter has nothing.
    places = {name.removeprefix(_WRAPPED) for name, module in adapted.named_modules() if hasattr(module, "lora_A")}
    if odd := sorted(places ^ adapter.factors.keys()):
        raise TrainingError(f"the adapter in {folder} was made for another model: {odd[0]} is only in one of them")
    return adapted.eval()


def save_adapter(model: Any, folder: Path, *, base: str) -> None:
    """Write a trained adapter as peft does, in half precision.

    Parameters
    ----------
    base
        The base model's name, for whoever reads the files.
    """
    from peft import get_peft_model_state_dict

    folder.mkdir(parents=True, exist_ok=True)
    config = model.peft_config["default"]
    weights: Mapping[str, Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    save_file({name: weight.detach().half().contiguous() for name, weight in weights.items()}, folder / ADAPTER_WEIGHTS)
    values = {key: sorted(value) if isinstance(value, set) else value for key, value in config.to_dict().items()}
    values |= {"base_model_name_or_path": base, "inference_mode": True}
    (folder / ADAPTER_CONFIG).write_text(json.dumps(values, indent=2, sort_keys=True, default=str) + "\n", "utf-8")


def train_adapter(
    base: Path,
    train: Sequence[Row],
    check: Sequence[Row],
    out: Path,
    *,
    start: Path | None = None,
    plan: Plan | None = None,
    lora: Lora | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, float], History]:
    """Train an adapter; write it into ``out`` and, where ``base`` is a GGUF file, the merged model beside it.

    Returns the figures of ``ReplyTask.validate`` before the first step, and what happened.

    Parameters
    ----------
    base
        A GGUF file, or a folder as transformers writes it.
    check
        Questions about other contexts than those of ``train``, to choose the best checkpoint with.
    out
        Also holds the checkpoints, from which the same call goes on after it was cut off.
    start
        The folder of an adapter to go on from; None: an untrained one of the shape ``lora``.
    tell
        Called with a line for a person at each step of the run.

    Raises
    ------
    TrainingError, ModelError
    """
    plan = plan or default_plan(start)
    tokenizer, model = open_model(base, base.stem)
    sheets = [packed_sheet(sheet, tokenizer) for sheet in make_sheets(train, seed=plan.seed)]
    held = [packed_sheet(sheet, tokenizer) for sheet in make_sheets(check, seed=plan.seed)]
    if not sheets or not held:
        raise TrainingError("there are too few questions with short answers to train on and to check with")
    tell(f"data: {_counted(sheets)} to train on, {_counted(held)} to validate with")
    adapted = open_lora(model, start) if start else add_lora(model, lora or Lora(), seed=plan.seed)
    started = Adapter.load(start).digest if start else ""
    task = ReplyTask(adapted, sheets, held, batch=plan.tokens, started=started)
    weights = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    origin = f" from {start}" if start else ""
    tell(f"model: {base.stem}, LoRA of rank {adapted.peft_config['default'].r}{origin}: {weights / 1e6:.2f} M weights")
    tell("loss: cross entropy of the replies' tokens")
    before = task.validate()
    tell("before: " + ", ".join(f"{name} {value:.3f}" for name, value in before.items()))
    history = fit(task, plan, out, before=before, progress=progress, tell=tell)
    save_adapter(adapted, out, base=base.stem)
    if base.suffix == ".gguf":
        merge_gguf(base, out, out / MERGED)
        tell(f"model: wrote {out / MERGED}, which opens with the setting 'llm'")
    return before, history


def default_plan(start: Path | None) -> Plan:
    """Return how to train from an adapter, or from none."""
    return replace(_PLAN, learning_rate=_GENTLE) if start else _PLAN


def _counted(sheets: Sequence[Packed]) -> str:
    questions = sum(len(sheet.replies) for sheet in sheets)
    return f"{questions} questions ({sum(sum(sheet.refused) for sheet in sheets)} to refuse) on {len(sheets)} sheets"


def _by_size(sheets: Sequence[Packed], tokens: int) -> list[list[Packed]]:
    """Return sheets (sorted by length) in batches of at most so many padded tokens."""
    batches: list[list[Packed]] = []
    for packed in sheets:
        if batches and (len(batches[-1]) + 1) * len(packed.tokens) <= tokens:
            batches[-1].append(packed)
        else:
            batches.append([packed])
    return batches


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
