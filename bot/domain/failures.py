"""What the error text of a failed task tells of its kind."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final


class FailureKind(StrEnum):
    """What went wrong, as the text names it."""

    UPLOAD = "upload"
    MEMORY = "memory"
    LORA = "lora"


_UPLOAD: Final = re.compile(r"^(?:Upload|Completion) failed:|\[EDGE_FAIL:")
_FULL: Final = re.compile(r"out ?of ?memory|\bOOM\b", re.IGNORECASE)
_MEMORY: Final = re.compile(rf"{_FULL.pattern}|CUDA error", re.IGNORECASE)
_LORA: Final = re.compile(r"safetensors|\blora", re.IGNORECASE)  # not "exploration"
_ORDER: Final = (
    (FailureKind.UPLOAD, _UPLOAD),
    (FailureKind.MEMORY, _MEMORY),
    (FailureKind.LORA, _LORA),
)


def failure_kind(text: str | None) -> FailureKind | None:
    """Return the kind that the text names; the first that fits, None if none does.

    A LoRA is often named where another thing failed, so that kind comes last.
    """
    found = (kind for kind, sign in _ORDER if sign.search((text or "").strip()))
    return next(found, None)


def out_of_memory(text: str) -> bool:
    """Tell whether the text names memory itself, not just an error of the GPU."""
    return _FULL.search(text) is not None


def fails_again(text: str | None) -> bool:
    """Tell whether a task with this error would fail with it again, as it is."""
    return failure_kind(text) in (FailureKind.MEMORY, FailureKind.LORA)


def loras(parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Return the addresses of the LoRAs, without what follows a question mark.

    They stand in `phase_config` and as names in `additional_loras`
    (systems/reigh.md, 1.8).
    """
    found = dict.fromkeys(_addresses(parameters))
    return tuple(address.split("?")[0] for address in found)


def _addresses(parameters: Mapping[str, object]) -> Iterator[str]:
    more = parameters.get("additional_loras")
    if isinstance(more, dict | list):
        yield from (each for each in more if isinstance(each, str))
    for phase in _members(_member(parameters.get("phase_config"), "phases")):
        for lora in _members(_member(phase, "loras")):
            address = _member(lora, "url")
            if isinstance(address, str):
                yield address


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _members(value: object) -> list[object]:
    return value if isinstance(value, list) else []
