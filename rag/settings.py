"""Settings: the only file that reads the environment and TOML."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path

from rag.errors import SettingsError

_PREFIX = "WELLSPRING_"
_FILE = "wellspring.toml"
_RANGES = (
    ("answer_threshold", 0.0, 1.0),
    ("llm_temperature", 0.0, 2.0),
    ("llm_max_tokens", 1, 1_000_000),
    ("passages", 1, 100),
    ("workers", 0, 256),
    ("journal_days", 0, 36500),
    ("max_file_bytes", 1, 2**40),
    ("max_text_chars", 1, 2**40),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``defaults.toml`` explains, with overrides applied."""

    kb: Path
    models: Path
    llm: str
    llm_runtime: str
    llm_adapter: str
    llm_max_tokens: int
    llm_temperature: float
    embedder: str
    reader: str
    pipeline: str
    glossary: Path | None
    workers: int
    passages: int
    answer_threshold: float
    journal_days: int
    max_file_bytes: int
    max_text_chars: int


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Read the defaults, then what overrides them, the last winning: file, environment, ``overrides``.

    Parameters
    ----------
    overrides
        By setting name; None values are passed over.
    environment
        Instead of the process's own.
    folder
        Where ``wellspring.toml`` is looked for, instead of the working folder.

    Raises
    ------
    SettingsError
        A file is missing or is not TOML, or a setting is unknown or of the wrong kind.
    """
    env = os.environ if environment is None else environment
    values: dict[str, Any] = tomllib.loads(files("rag").joinpath("defaults.toml").read_text(encoding="utf-8"))
    defaults = dict(values)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    for origin, layer in [*_layers(env, folder or Path.cwd()), ("the call", given)]:
        for key, value in layer.items():
            if key not in defaults:
                raise SettingsError(f"{origin}: there is no setting {key!r}; known: {', '.join(sorted(defaults))}")
            values[key] = _converted(key, value, defaults[key], origin)
    _check_ranges(values)
    values["kb"] = Path(values["kb"]).expanduser() if values["kb"] else user_data_path("wellspring") / "default"
    values["models"] = (
        Path(values["models"]).expanduser() if values["models"] else user_cache_path("wellspring") / "models"
    )
    values["glossary"] = Path(values["glossary"]).expanduser() if values["glossary"] else None
    return Settings(**{field.name: values[field.name] for field in fields(Settings)})


def _check_ranges(values: Mapping[str, Any]) -> None:
    for key, low, high in _RANGES:
        if not low <= values[key] <= high:
            raise SettingsError(f"the setting {key!r} is {values[key]}; it goes from {low} to {high}")


def _layers(environment: Mapping[str, str], folder: Path) -> list[tuple[str, dict[str, Any]]]:
    named = environment.get(f"{_PREFIX}CONFIG")
    path = Path(named) if named else folder / _FILE
    layers: list[tuple[str, dict[str, Any]]] = []
    if named or path.is_file():
        try:
            layers.append((str(path), tomllib.loads(path.read_text(encoding="utf-8"))))
        except OSError as error:
            raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"the settings file {path} is not TOML: {error}") from error
    variables = {
        key.removeprefix(_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(_PREFIX) and key != f"{_PREFIX}CONFIG" and value
    }
    layers.append(("the environment", variables))
    return layers


def _converted(key: str, value: Any, default: Any, origin: str) -> Any:
    kind = type(default)
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"{origin}: the setting {key!r} must be of the kind {kind.__name__}, not {value!r}"
        ) from error


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """A setting as it is in force."""

    name: str
    value: str
    """As text; empty where it is not set."""
    changed: bool
    """Whether it is another than the default."""
    variable: str
    """The environment variable that overrides it."""


def explained(settings: Settings) -> list[SettingInfo]:
    """Return every setting as it is in force, in the order of ``Settings``."""
    default = load_settings(environment={}, folder=Path(os.devnull))
    found = []
    for field in fields(Settings):
        value = getattr(settings, field.name)
        shown = "" if value is None else str(value)
        changed = value != getattr(default, field.name)
        found.append(SettingInfo(field.name, shown, changed, _PREFIX + field.name.upper()))
    return found
