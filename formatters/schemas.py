"""A JSON Schema for each command's answer, read off the dataclass of its data."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import (
    Any,
    Final,
    Literal,
    NewType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from bot.domain.findings import Finding, Status

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Json = dict[str, Any]

_TIME: Final[Json] = {"type": "string", "format": "date-time", "pattern": "Z$"}
_SIMPLE: Final[Mapping[object, Json]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: _TIME,
    None: {"type": "null"},
    type(None): {"type": "null"},
    object: {},
    Any: {},
}


def schema(command: str, data: type) -> Json:
    """Return the schema of what `debug-bot COMMAND … --json` prints.

    *data* is the frozen dataclass that the command's reports carry. A field's
    `metadata={"help": …}` becomes its description.

    Raises:
        TypeError: *data* holds a type that has no form in JSON.
    """
    definitions: dict[str, Json] = {}
    properties = {
        "command": {"const": command},
        "arguments": {"type": "object"},
        "system": {"type": "string"},
        "request_id": {"type": "string"},
        "generated_at": _nullable(_TIME),
        "window": _nullable(_record({"since": _TIME, "until": _TIME})),
        "status": _of(Status, definitions),
        "summary": {"type": "string"},
        "findings": {"type": "array", "items": _of(Finding, definitions)},
        "data": _nullable(_of(data, definitions)),
        "gaps": {
            "type": "array",
            "items": _record(
                {"source": {"type": "string"}, "reason": {"type": "string"}}
            ),
        },
        "notes": {"type": "array", "items": {"type": "string"}},
        "truncated": {"type": "boolean"},
    }
    return {
        "$schema": DIALECT,
        "title": f"debug-bot {command}",
        **_record(properties),
        "$defs": dict(sorted(definitions.items())),
    }


def _record(properties: Mapping[str, Json]) -> Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(form: Json) -> Json:
    return {"anyOf": [form, {"type": "null"}]}


def _of(kind: Any, definitions: dict[str, Json]) -> Json:
    if isinstance(kind, NewType):
        return _of(kind.__supertype__, definitions)
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is not None:
        return _generic(origin, arguments, definitions)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if is_dataclass(kind):
        return _dataclass(kind, definitions)
    msg = f"{kind} has no form in JSON"
    raise TypeError(msg)


def _generic(
    origin: Any, arguments: tuple[Any, ...], definitions: dict[str, Json]
) -> Json:
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each, definitions) for each in arguments]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {
            "type": "object",
            "additionalProperties": _of(arguments[1], definitions),
        }
    if origin is tuple and arguments[-1] is not Ellipsis:
        items = [_of(each, definitions) for each in arguments]
        return {
            "type": "array",
            "prefixItems": items,
            "items": False,
            "minItems": len(items),
        }
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return {"type": "array", "items": _of(arguments[0], definitions)}
    msg = f"{origin} has no form in JSON"
    raise TypeError(msg)


def _dataclass(kind: Any, definitions: dict[str, Json]) -> Json:
    name = kind.__name__
    reference = {"$ref": f"#/$defs/{name}"}
    if name in definitions:
        return reference
    definitions[name] = {}  # taken, should it refer to itself
    hints = get_type_hints(kind)
    properties = {}
    for each in fields(kind):
        properties[each.name] = _of(hints[each.name], definitions)
        if "help" in each.metadata:
            properties[each.name]["description"] = each.metadata["help"]
    lead = (kind.__doc__ or "").split("\n\n")[0].strip()
    definitions[name] = {"description": " ".join(lead.split()), **_record(properties)}
    return reference
