"""An OpenAPI description as plain rows, for a page that people read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 4
"""Levels of an example that is made up."""
_MADE_UP: Mapping[str, Any] = {"string": "…", "integer": 1, "number": 1.0, "boolean": True, "null": None}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    kind: list[str]
    """Words; those that are names of shapes are to be linked."""
    needed: bool
    told: str
    example: str
    """JSON."""
    place: str = ""
    """Where a parameter goes: ``query`` or ``path``."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: list[str]
    access: str
    parameters: list[Field]
    form: bool
    """Whether the body is a form, else JSON."""
    body: list[Field]
    example: str
    replies: list[tuple[str, str, list[str]]]
    """Status, description, kind."""


def reference(api: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the page: title, version, paragraphs, sections of routes, and shapes."""
    reader = _Reader(api)
    routes = list(reader.routes())
    sections = [
        (tag["name"], tag.get("description", ""), [route for name, route in routes if name == tag["name"]])
        for tag in api.get("tags", [])
    ]
    shapes = {
        name: (shape.get("description", ""), list(reader.fields(shape)))
        for name, shape in sorted(reader.shapes.items())
    }
    about = api["info"]
    return {
        "title": about["title"],
        "version": about["version"],
        "paragraphs": _paragraphs(about.get("description", "")),
        "sections": sections,
        "shapes": shapes,
    }


class _Reader:
    def __init__(self, api: Mapping[str, Any]) -> None:
        self._api = api
        self.shapes: dict[str, Any] = api.get("components", {}).get("schemas", {})

    def routes(self) -> Iterator[tuple[str, Route]]:
        """Yield routes with the name of their section."""
        for path, methods in self._api["paths"].items():
            for method, operation in methods.items():
                yield operation["tags"][0], self._route(path, method, operation)

    def _route(self, path: str, method: str, operation: Mapping[str, Any]) -> Route:
        parameters = [
            self._field(
                given["name"],
                # What is said of a parameter stands beside its schema.
                {**given["schema"], "description": given.get("description", "")},
                needed=given.get("required", False),
                place=given["in"],
            )
            for given in operation.get("parameters", [])
            if given["in"] != "header"
        ]
        sent: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
        form = "multipart/form-data" in sent
        body = self._shape(next((content["schema"] for content in sent.values()), {}))
        return Route(
            id=f"{method}{path.replace('/', '-').translate({ord('{'): None, ord('}'): None})}",
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            paragraphs=_paragraphs(operation.get("description", "")),
            access=_access(operation),
            parameters=parameters,
            form=form,
            body=list(self.fields(body)),
            example=_json(self._example(body), indent=2) if body and not form else "",
            replies=[
                (status, reply["description"].replace("`", ""), self._replied(reply))
                for status, reply in sorted(operation["responses"].items())
            ],
        )

    def fields(self, shape: Mapping[str, Any]) -> Iterator[Field]:
        """Yield the fields of an object."""
        needed = shape.get("required", [])
        example = self._example(shape)
        for name, field in shape.get("properties", {}).items():
            yield self._field(name, field, needed=name in needed, example=example.get(name))

    def _field(
        self, name: str, schema: Mapping[str, Any], *, needed: bool, place: str = "", example: object = None
    ) -> Field:
        shown = self._example(schema) if example is None else example
        told = schema.get("description") or self._shape(schema).get("description", "")
        kind = self._kind(schema)
        return Field(name, kind, needed, told, "" if "file" in kind else _json(shown), place)

    def _replied(self, reply: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for schema in (content.get("schema", {}) for content in reply.get("content", {}).values()):
            if "$ref" in schema:
                found += self._kind(schema)
        return found

    def _shape(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a schema stands for."""
        if "$ref" in schema:
            found: Mapping[str, Any] = self.shapes[schema["$ref"].rpartition("/")[2]]
            return found
        return schema

    def _kind(self, schema: Mapping[str, Any]) -> list[str]:
        if "$ref" in schema:
            return [schema["$ref"].rpartition("/")[2]]
        if choices := schema.get("anyOf"):
            kinds = [self._kind(choice) for choice in choices]
            return [word for number, kind in enumerate(kinds) for word in (["or"] * bool(number) + kind)]
        if "enum" in schema:
            return [" or ".join(map(_json, schema["enum"]))]
        if "const" in schema:
            return [_json(schema["const"])]
        if schema.get("type") == "array":
            return ["list of", *self._kind(schema.get("items", {}))]
        if schema.get("format") in ("binary", "date-time"):
            return ["file" if schema["format"] == "binary" else "time"]
        return [str(schema.get("type", "anything"))]

    def _example(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Return a value that fits: the one that is given, or else one that is made up."""
        schema = self._shape(schema)
        for name in ("examples", "enum"):
            if schema.get(name):
                return schema[name][0]
        for name in ("default", "const"):
            if name in schema:
                return schema[name]
        if schema.get("anyOf"):
            return self._example(schema["anyOf"][0], depth)
        if depth >= _DEEPEST and schema.get("type") in ("array", "object"):
            return "…"
        if schema.get("type") == "array":
            return [self._example(schema.get("items", {}), depth + 1)]
        if schema.get("type") == "object":
            fields = schema.get("properties", {})
            # What may be left out is, unless an example is given: so what is shown is sure to be taken.
            named = [name for name in fields if name in schema.get("required", []) or "examples" in fields[name]]
            return {name: self._example(fields[name], depth + 1) for name in named}
        return _MADE_UP.get(schema.get("type", ""), "…")


def _access(operation: Mapping[str, Any]) -> str:
    """Tell which key is needed."""
    needed = operation.get("security")
    if needed is None:
        return "no key"
    scopes = [scope for one in needed for names in one.values() for scope in names]
    return f"scope {', '.join(scopes)}" if scopes else "any key"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()).replace("`", "") for part in text.split("\n\n") if part.strip()]


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
