"""The chat model's adapter: packing, training, and how it gets into the weights. All with random weights."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, dequantize, quantize
from safetensors.numpy import save_file

from rag.errors import ModelError, TrainingError
from rag.llms import open_chat_model
from rag.llms.adapter import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    BUILTIN_ADAPTER,
    Adapter,
    adapt,
    adapted_gguf,
    merge_gguf,
    permuted,
)
from rag.models import ModelCache
from rag.training.data import Row, write_rows
from rag.training.llm import (
    Lora,
    Packed,
    ReplyTask,
    add_lora,
    default_plan,
    open_lora,
    pack,
    packed_sheet,
    reply_logits,
    save_adapter,
    visible,
)
from rag.training.loop import Plan, fit
from rag.training.run import train_llm
from rag.training.sheets import Asked, Sheet


def tiny_model() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=40,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=64,
            initializer_range=0.3,
        )
    ).eval()


def packed(*, beginning: tuple[int, ...] = (1, 2, 3)) -> Packed:
    prompts = [[*beginning, 7, 8], [*beginning, 9], [*beginning, 10, 11, 12]]
    return pack(prompts, [[20, 21, 0], [22, 0], [23, 24, 25, 0]], [False, True, False])


class Letters:
    """A tokenizer of single characters."""

    eos_token_id = 0

    def apply_chat_template(self, turns: list[dict[str, str]], **_: Any) -> str:
        return "".join(f"<{turn['role']}>{turn['content']}" for turn in turns) + "<assistant>"

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [ord(sign) for sign in text]}


def test_the_common_beginning_stands_once() -> None:
    sheet = packed()
    assert sheet.tokens == (1, 2, 3, 7, 8, 20, 21, 0, 9, 22, 0, 10, 11, 12, 23, 24, 25, 0)
    assert sheet.positions == (0, 1, 2, 3, 4, 5, 6, 7, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9)
    assert sheet.branch == (0, 0, 0, *[1] * 5, *[2] * 3, *[3] * 7)
    assert [sheet.tokens[start:end] for start, end in sheet.replies] == [(20, 21, 0), (22, 0), (23, 24, 25, 0)]


def test_each_conversation_keeps_a_token_before_its_reply() -> None:
    sheet = pack([[1, 2, 3]], [[4, 0]], [False])
    assert sheet.branch == (0, 0, 1, 1, 1)
    assert sheet.replies == ((3, 5),)


def test_what_would_make_a_sheet_too_long_is_left_out() -> None:
    prompts = [[1, 2, 3, 7], [1, 2, 3, 8], [1, 2, 3, 9]]
    sheet = pack(prompts, [[20, 0]] * 3, [False, True, False], longest=9)
    assert len(sheet.tokens) == 9
    assert sheet.refused == (False, True)
    assert len(pack(prompts, [[20, 0]] * 3, [False] * 3, longest=1).replies) == 1


def test_tokens_see_the_beginning_and_their_own_past() -> None:
    seen = visible(torch.tensor([[0, 0, 1, 2, 2, -1]]))[0]
    assert seen.int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 0, 1, 0, 0],
        [1, 1, 0, 1, 1, 0],
        [1, 1, 0, 0, 0, 1],
    ]


def test_packed_conversations_are_computed_as_if_each_stood_alone() -> None:
    model = tiny_model()
    sheets = [packed(), packed(beginning=(4, 5, 6, 3, 2, 1))]
    with torch.no_grad():
        logits, wanted, owners = reply_logits(model, sheets)
        place = 0
        spans = [(sheet, start, end) for sheet in sheets for start, end in sheet.replies]
        for number, (sheet, start, end) in enumerate(spans):
            own = sheet.branch[start]
            tokens = [token for token, branch in zip(sheet.tokens, sheet.branch, strict=True) if branch in (0, own)]
            size = end - start
            alone = model(torch.tensor([tokens])).logits[0, -size - 1 : -1]
            assert wanted[place : place + size].tolist() == tokens[-size:]
            assert owners[place : place + size].tolist() == [number] * size
            torch.testing.assert_close(logits[place : place + size], alone, rtol=1e-4, atol=1e-5)
            place += size
    assert place == len(wanted)


def test_a_sheet_becomes_the_products_own_prompts() -> None:
    from rag.prompts import numbered, prompt
    from rag.records import Passage

    passage = Passage(1, "", "Leave", None, (), "Leave is 20 days.", 0, 17, "en", 0.0, "")
    sheet = Sheet((passage,), (Asked("How long is leave?", "20 days [1]"), Asked("Who pays?", "NO ANSWER")), "en")
    done = packed_sheet(sheet, Letters())  # type: ignore[arg-type]
    assert done.refused == (False, True)
    for number, asked in enumerate(sheet.questions, 1):
        text = "".join(chr(t) for t, b in zip(done.tokens, done.branch, strict=True) if b in (0, number))
        system, human = prompt("en").invoke({"question": asked.question, "passages": numbered([passage])}).to_messages()
        assert text == f"<system>{system.text}<user>{human.text}<assistant>{asked.reply}\0"


def test_validation_counts_replies_that_greedy_decoding_would_write() -> None:
    model = tiny_model()
    with torch.no_grad():
        first = int(model(torch.tensor([[1, 2, 3]])).logits[0, -1].argmax())
    right = pack([[1, 2, 3]], [[first]], [False])
    wrong = pack([[1, 2, 3]], [[(first + 1) % 40]], [True])
    figures = ReplyTask(model, [right], [right, wrong]).validate()
    assert (figures["exact"], figures["answered"], figures["refused"]) == (0.5, 1.0, 0.0)
    assert figures["negative_loss"] < 0


def lora_task() -> ReplyTask:
    sheets = [packed(), packed(beginning=(4, 5, 6))]
    return ReplyTask(add_lora(tiny_model(), Lora(rank=4, alpha=8)), sheets, sheets)


def plan(epochs: float) -> Plan:
    return Plan(epochs=epochs, tokens=64, learning_rate=2e-2, decay=0.0, check_every=5, patience=100)


def test_the_adapter_alone_is_trained_and_the_loss_falls(tmp_path: Path) -> None:
    task = lora_task()
    trained = {name for name, weight in task.model.named_parameters() if weight.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    before = task.validate()["negative_loss"]
    history = fit(task, plan(30), tmp_path)
    assert history.checks[-1]["negative_loss"] > before / 2


def test_a_run_that_was_cut_off_ends_where_it_would_have(tmp_path: Path) -> None:
    whole = lora_task()
    fit(whole, plan(20), tmp_path / "whole")

    class Killed(Exception):
        pass

    def kill(step: int, total: int, line: str) -> None:
        if step == 12:
            raise Killed

    with pytest.raises(Killed):
        fit(lora_task(), plan(20), tmp_path / "cut", progress=kill)
    again = lora_task()
    fit(again, plan(20), tmp_path / "cut")
    assert again.validate() == pytest.approx(whole.validate())


def trained_adapter(folder: Path) -> Any:
    """Write an adapter with random weights into ``folder`` and return the model that has it."""
    model = add_lora(tiny_model(), Lora(rank=4, alpha=8))
    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn_like(weight).half().float() * 0.25
    save_adapter(model, folder, base="tiny")
    return model.eval()


def test_a_saved_adapter_gives_a_plain_model_the_same_words(tmp_path: Path) -> None:
    adapted = trained_adapter(tmp_path)
    plain = tiny_model()
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        wanted = adapted(tokens).logits
        assert not torch.allclose(plain(tokens).logits, wanted, atol=1e-2)
        adapt(plain, Adapter.load(tmp_path))
        torch.testing.assert_close(plain(tokens).logits, wanted, rtol=1e-3, atol=1e-3)


def test_peft_itself_reads_a_saved_adapter(tmp_path: Path) -> None:
    adapted = trained_adapter(tmp_path)
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = PeftModel.from_pretrained(tiny_model(), str(tmp_path)).eval()
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        torch.testing.assert_close(again(tokens).logits, adapted(tokens).logits)


def plain_adapter(folder: Path, modules: dict[str, tuple[int, int]], **config: Any) -> Adapter:
    """Write an adapter by hand for modules of (outputs, inputs)."""
    draw = np.random.default_rng(3)
    tensors = {}
    for module, (outputs, inputs) in modules.items():
        tensors[f"base_model.model.{module}.lora_A.weight"] = draw.normal(size=(2, inputs)).astype(np.float32)
        tensors[f"base_model.model.{module}.lora_B.weight"] = (0.2 * draw.normal(size=(outputs, 2))).astype(np.float32)
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / ADAPTER_WEIGHTS)
    values = {"peft_type": "LORA", "r": 2, "lora_alpha": 8, **config}
    (folder / ADAPTER_CONFIG).write_text(json.dumps(values), encoding="utf-8")
    return Adapter.load(folder)


def tiny_gguf(path: Path) -> None:
    """Write a file as a llama of two heads has it: queries in 4 bits, a norm in float32."""
    writer = GGUFWriter(path, "llama")
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_token_list(["a", "b"])
    writer.add_chat_template("{{ messages }}")
    draw = np.random.default_rng(4)
    for name, rows in (("attn_q", 64), ("attn_k", 32), ("attn_v", 32), ("attn_output", 64)):
        weight = quantize(draw.normal(size=(rows, 64)).astype(np.float32), GGMLQuantizationType.Q4_1)
        writer.add_tensor(f"blk.0.{name}.weight", weight, raw_dtype=GGMLQuantizationType.Q4_1)
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def values(path: Path) -> dict[str, Any]:
    reader = GGUFReader(path)
    return {tensor.name.split(".")[2]: dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}


def test_a_merged_file_holds_the_changed_weights_and_all_else_as_it_was(tmp_path: Path) -> None:
    base, merged = tmp_path / "base.gguf", tmp_path / "merged.gguf"
    tiny_gguf(base)
    q, k, v = (f"model.layers.0.self_attn.{name}_proj" for name in "qkv")
    adapter = plain_adapter(tmp_path / "adapter", {q: (64, 64), k: (32, 64), v: (32, 64)})
    merge_gguf(base, tmp_path / "adapter", merged)
    old, new = values(base), values(merged)
    # Rows 0 and 32 / 2 of a head are turned together: GGUF has them side by side.
    assert permuted(np.arange(8.0, dtype=np.float32).reshape(8, 1), 2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    for name, module, heads in (("attn_q", q, 2), ("attn_k", k, 1)):
        np.testing.assert_allclose(new[name], old[name] + permuted(adapter.change(module), heads), atol=0.1)
        assert np.abs(permuted(adapter.change(module), heads) - adapter.change(module)).max() > 0.5
    np.testing.assert_allclose(new["attn_v"], old["attn_v"] + adapter.change(v), atol=0.1)
    np.testing.assert_array_equal(new["attn_output"], old["attn_output"])
    np.testing.assert_array_equal(new["attn_norm"], old["attn_norm"])
    before, after = GGUFReader(base), GGUFReader(merged)
    kinds = {tensor.name.split(".")[2]: tensor.tensor_type.name for tensor in after.tensors}
    assert kinds["attn_q"] == "Q8_0"
    assert kinds["attn_output"] == "Q4_1"
    fields = {name for name in before.fields if not name.startswith("GGUF.")}
    for name in fields:
        assert after.fields[name].contents() == before.fields[name].contents()


def test_a_merged_file_is_made_once(tmp_path: Path) -> None:
    tiny_gguf(tmp_path / "base.gguf")
    plain_adapter(tmp_path / "adapter", {"model.layers.0.self_attn.v_proj": (32, 64)})
    first = adapted_gguf(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "cache")
    stamp = first.stat().st_mtime_ns
    assert adapted_gguf(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == stamp
    plain_adapter(tmp_path / "adapter", {"model.layers.0.self_attn.v_proj": (32, 64)}, lora_alpha=4)
    assert adapted_gguf(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "cache") != first
    assert not list((tmp_path / "cache").glob("*.draft"))


def test_two_that_make_the_same_file_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, adapter, target = tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "merged.gguf"
    tiny_gguf(base)
    plain_adapter(adapter, {"model.layers.0.self_attn.v_proj": (32, 64)})
    write = GGUFWriter.write_tensors_to_file

    def beside_another(writer: GGUFWriter) -> None:
        monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", write)
        merge_gguf(base, adapter, target)
        assert values(target)
        write(writer)

    monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", beside_another)
    merge_gguf(base, adapter, target)
    assert values(target)["attn_v"].shape == (32, 64)
    assert not list(tmp_path.glob("*.draft"))


def test_whatever_stops_the_making_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_gguf(tmp_path / "base.gguf")
    plain_adapter(tmp_path / "adapter", {"model.layers.0.self_attn.v_proj": (32, 64)})

    def stopped(writer: GGUFWriter) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", stopped)
    with pytest.raises(KeyboardInterrupt):
        merge_gguf(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "merged.gguf")
    assert [path.name for path in tmp_path.glob("*.gguf*")] == ["base.gguf"]


@pytest.mark.parametrize(
    ("modules", "config", "words"),
    [
        ({"model.layers.0.self_attn.v_proj": (32, 16)}, {}, "made for another model"),
        ({"model.layers.7.self_attn.v_proj": (32, 64)}, {}, "made for another model"),
        ({"model.layers.0.self_attn.w_proj": (32, 64)}, {}, "no known place"),
    ],
)
def test_an_adapter_of_another_model_is_told(tmp_path: Path, modules: Any, config: Any, words: str) -> None:
    tiny_gguf(tmp_path / "base.gguf")
    adapter = plain_adapter(tmp_path / "adapter", modules, **config)
    with pytest.raises(ModelError, match=words):
        merge_gguf(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "merged.gguf")
    assert [path.name for path in tmp_path.glob("*.gguf*")] == ["base.gguf"]
    with pytest.raises(ModelError, match="made for another model"):
        adapt(tiny_model(), adapter)


def test_other_kinds_of_adapters_are_told(tmp_path: Path) -> None:
    modules = {"model.layers.0.self_attn.v_proj": (32, 64)}
    with pytest.raises(ModelError, match=r"not plain LoRA \(use_dora\)"):
        plain_adapter(tmp_path, modules, use_dora=True)
    with pytest.raises(ModelError, match=r"not plain LoRA \(IA3\)"):
        plain_adapter(tmp_path, modules, peft_type="IA3")
    (tmp_path / ADAPTER_CONFIG).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        Adapter.load(tmp_path)
    with pytest.raises(ModelError, match=r"none.adapter_config.json: No such file .* check the setting 'llm_adapter'"):
        Adapter.load(tmp_path / "none")


def test_adapters_are_for_local_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'llm_adapter' is for local models, not for 'openai:gpt'"):
        open_chat_model("openai:gpt", models=ModelCache(tmp_path), adapter=tmp_path)
    model = open_chat_model("builtin", models=ModelCache(tmp_path / "models"), adapter=tmp_path / "none")
    assert not (tmp_path / "models").exists()
    assert model is not None


def test_a_model_without_such_modules_takes_no_adapter() -> None:
    with pytest.raises(TrainingError, match="takes no adapter"):
        add_lora(tiny_model(), Lora(modules=("qkv",)))


def test_training_goes_on_from_an_adapter(tmp_path: Path) -> None:
    wanted = trained_adapter(tmp_path)
    again = open_lora(tiny_model(), tmp_path)
    trained = {name: weight for name, weight in again.named_parameters() if weight.requires_grad}
    assert trained.keys() == {name for name, weight in wanted.named_parameters() if weight.requires_grad}
    assert all("lora_" in name and weight.dtype == torch.float32 for name, weight in trained.items())
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        torch.testing.assert_close(again(tokens).logits, wanted(tokens).logits)
    sheets = [packed(), packed(beginning=(4, 5, 6))]
    task = ReplyTask(again, sheets, sheets, started="x")
    assert task.fingerprint() != ReplyTask(again, sheets, sheets).fingerprint()
    before = task.validate()
    assert fit(task, plan(1), tmp_path / "worse", before={**before, "exact": 2.0}).best_step == 0
    assert task.validate() == before
    fit(task, plan(15), tmp_path / "run", before=before)
    assert task.validate()["negative_loss"] > before["negative_loss"]
    save_adapter(again, tmp_path / "new", base="tiny")
    old, new = Adapter.load(tmp_path), Adapter.load(tmp_path / "new")
    assert old.factors.keys() == new.factors.keys()
    assert old.scale == new.scale


def test_an_adapter_of_another_model_is_not_gone_on_from(tmp_path: Path) -> None:
    q = "model.layers.{}.self_attn.q_proj"
    with pytest.raises(ModelError, match="cannot read the adapter"):
        open_lora(tiny_model(), tmp_path / "none")
    for number, modules in enumerate(({q.format(0): (32, 32)}, {q.format(7): (32, 32)}, {q.format(0): (32, 8)})):
        folder = tmp_path / str(number)
        plain_adapter(folder, modules, target_modules=["q_proj"], task_type="CAUSAL_LM")
        with pytest.raises(TrainingError, match="was made for another model"):
            open_lora(tiny_model(), folder)


def model_folder(folder: Path) -> Path:
    """Write a tiny model as transformers does, with a tokenizer of whole words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    words = ["<end>", "<unk>", "Ada", "Bob", "runs", "mill", "1", "2", "3", "NO", "ANSWER", "[", "]", "Who", "?"]
    tokens = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    tokens.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokens, eos_token="<end>", unk_token="<unk>")
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    tokenizer.save_pretrained(folder)
    model = tiny_model()
    model.config.max_position_embeddings = 1024
    model.save_pretrained(folder)
    return folder


def test_a_run_from_an_adapter(tmp_path: Path) -> None:
    trained_adapter(tmp_path / "start")
    names = ("Ada", "Bob")
    rows = [
        Row(str(n), f"Who runs mill {n}?", f"{names[n % 2]} runs mill {n % 30} at {n % 9}.", ((0, 3),), "en")
        for n in range(60)
    ]
    write_rows(tmp_path / "a.jsonl", rows)
    base, told = model_folder(tmp_path / "base"), list[str]()
    few = Plan(epochs=1, tokens=1024, learning_rate=1e-2, decay=0.0, check_every=4)
    data, start, out = tmp_path / "a.jsonl", tmp_path / "start", tmp_path / "out"
    result = train_llm(data, base=base, start=start, out=out, plan=few, tell=told.append)
    assert any(line.startswith("model: base, LoRA of rank 4 from ") for line in told)
    assert result.card["start"] == "start"
    assert result.after["exact"] >= result.before["exact"]
    assert Adapter.load(out).factors.keys() == Adapter.load(start).factors.keys()
    again = train_llm(data, base=base, start=out, out=tmp_path / "again", plan=few)
    assert again.before == pytest.approx(result.after, abs=5e-3)  # in half precision between them
    none = train_llm(data, base=base, start=None, out=tmp_path / "none", plan=few)
    assert none.card["start"] == ""
    assert none.before["negative_loss"] != pytest.approx(result.before["negative_loss"], abs=1e-3)
    with pytest.raises(TrainingError, match="a checkpoint of another run"):
        train_llm(data, base=base, start=None, out=out, plan=few)
    with pytest.raises(ModelError, match=r"cannot read the adapter .* or --from"):
        train_llm(tmp_path / "no data", base=base, start=tmp_path / "nowhere", out=out)


def test_a_trained_adapter_is_gone_on_from_gently() -> None:
    assert default_plan(BUILTIN_ADAPTER).learning_rate < default_plan(None).learning_rate
