from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import load_settings


def told(error: pytest.ExceptionInfo[SettingsError]) -> str:
    """What the user reads: one line."""
    (line,) = str(error.value).splitlines()
    return line


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(environment={}, folder=tmp_path)
    assert (settings.llm, settings.embedder, settings.llm_runtime) == ("builtin", "builtin", "auto")
    assert (settings.passages, settings.llm_max_tokens, settings.llm_temperature) == (4, 96, 0.0)
    assert 0 < settings.answer_threshold < 1
    assert settings.kb.name == "default"
    assert settings.models.name == "models"
    assert settings.kb.is_absolute()
    assert settings.models.is_absolute()


def test_the_last_layer_wins(tmp_path: Path) -> None:
    (tmp_path / "wellspring.toml").write_text('llm = "file"\nembedder = "file"\npassages = 7\n', encoding="utf-8")
    environment = {"WELLSPRING_LLM": "environment", "WELLSPRING_EMBEDDER": "environment", "HOME": "/"}
    settings = load_settings({"llm": "override"}, environment=environment, folder=tmp_path)
    assert (settings.llm, settings.embedder, settings.passages) == ("override", "environment", 7)


def test_what_is_not_given_overrides_nothing(tmp_path: Path) -> None:
    settings = load_settings({"llm": None, "kb": None}, environment={"WELLSPRING_LLM": ""}, folder=tmp_path)
    assert settings.llm == "builtin"
    assert settings.kb.name == "default"


def test_a_named_file_replaces_the_one_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "wellspring.toml").write_text("passages = 7\n", encoding="utf-8")
    (tmp_path / "mine.toml").write_text('llm = "none"\n', encoding="utf-8")
    settings = load_settings(environment={"WELLSPRING_CONFIG": str(tmp_path / "mine.toml")}, folder=tmp_path)
    assert (settings.llm, settings.passages) == ("none", 4)


def test_the_environments_strings_become_the_settings_type(tmp_path: Path) -> None:
    environment = {"WELLSPRING_PASSAGES": "6", "WELLSPRING_ANSWER_THRESHOLD": "0.5", "WELLSPRING_KB": "some/kb"}
    settings = load_settings(environment=environment, folder=tmp_path)
    assert (settings.passages, settings.answer_threshold, settings.kb) == (6, 0.5, Path("some/kb"))


def test_a_tilde_is_the_home_folder(tmp_path: Path) -> None:
    settings = load_settings({"kb": "~/kb", "models": "~/m"}, environment={}, folder=tmp_path)
    assert (settings.kb, settings.models) == (Path.home() / "kb", Path.home() / "m")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WELLSPRING_COLOUR": "red"}, ["environment", "'colour'", "known:", "answer_threshold"]),
        ({"WELLSPRING_PASSAGES": "many"}, ["environment", "'passages'", "int", "'many'"]),
        ({"WELLSPRING_ANSWER_THRESHOLD": "high"}, ["'answer_threshold'", "float"]),
    ],
)
def test_a_wrong_variable_is_told(tmp_path: Path, environment: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(environment=environment, folder=tmp_path)
    line = told(error)
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", ["wellspring.toml", "'colour'"]),
        ('passages = "many"', ["wellspring.toml", "'passages'", "int"]),
        ("passages = [1]", ["'passages'", "int"]),
        ("passages 4", ["wellspring.toml", "not TOML"]),
        ("[llm]\nname = 1\n[other]", ["wellspring.toml", "'other'"]),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "wellspring.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_settings(environment={}, folder=tmp_path)
    line = told(error)
    assert all(word in line for word in words), line


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the settings file .*none\.toml: No such file"):
        load_settings(environment={"WELLSPRING_CONFIG": str(tmp_path / "none.toml")}, folder=tmp_path)
