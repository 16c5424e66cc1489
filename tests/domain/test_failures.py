import pytest

from bot.domain.failures import FailureKind, fails_again, failure_kind, loras


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CUDA out of memory. Tried to allocate 1.53 GiB", FailureKind.MEMORY),
        ("worker killed: OOM", FailureKind.MEMORY),
        ("CUDA error: device-side assert triggered", FailureKind.MEMORY),
        ("Upload failed: [EDGE_FAIL:complete_task:5XX] 503", FailureKind.UPLOAD),
        ("Completion failed: no answer", FailureKind.UPLOAD),
        ("it said [EDGE_FAIL:complete_task:TIMEOUT]", FailureKind.UPLOAD),
        ("Upload failed: out of memory", FailureKind.UPLOAD),
        ("out of memory while it loaded ink.safetensors", FailureKind.MEMORY),
        ("could not load LoRA weights", FailureKind.LORA),
        ("missing: ink.safetensors", FailureKind.LORA),
        ("the exploration of the room failed", None),
        ("Generation failed: no frames", None),
        (None, None),
    ],
)
def test_a_text_names_its_kind(text: str | None, kind: FailureKind | None) -> None:
    """What failed counts, not everything that is mentioned beside it."""
    assert failure_kind(text) is kind


def test_loras_are_named_once_and_without_their_tokens() -> None:
    """Their addresses may be signed, and they stand in two places."""
    parameters = {
        "additional_loras": {"https://a.test/x.safetensors?token=KEY": 0.9},
        "phase_config": {
            "phases": [
                {"loras": [{"url": "https://a.test/y.safetensors"}, {"url": None}]},
                {"loras": [{"url": "https://a.test/y.safetensors"}]},
            ]
        },
    }

    assert loras(parameters) == (
        "https://a.test/x.safetensors",
        "https://a.test/y.safetensors",
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"additional_loras": "x", "phase_config": "y"},
        {"additional_loras": [3], "phase_config": {"phases": [None, {"loras": ["z"]}]}},
    ],
)
def test_odd_parameters_name_no_lora(parameters: dict[str, object]) -> None:
    """Anybody may have written them."""
    assert loras(parameters) == ()


@pytest.mark.parametrize(
    ("error", "again"),
    [
        ("CUDA out of memory", True),
        ("cannot load x.safetensors", True),
        ("Upload failed: 503", False),
        ("ValueError: no frames", False),
        (None, False),
    ],
)
def test_what_fails_again_as_it_is(error: str | None, *, again: bool) -> None:
    """Memory and LoRAs do not mend themselves."""
    assert fails_again(error) is again
