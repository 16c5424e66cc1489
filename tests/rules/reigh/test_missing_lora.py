from typing import Any

from bot.domain.findings import Confidence, Finding
from bot.domain.tasks import Task, TaskId
from bot.rules.reigh.missing_lora import missing_lora
from tests.world import a_case, a_task

TEXT = "Generation failed: could not load LoRA weights from https://a.test/ink: 404"


def told(error: str | None = TEXT, **given: Any) -> list[Finding]:
    task: Task = a_task(**({"status": "Failed", "error": error} | given))
    return [*missing_lora(a_case(tasks=(task,)))]


def test_other_tasks_miss_no_lora() -> None:
    """They did not fail, failed of something else, or fell with another."""
    assert not told("CUDA out of memory while loading ink.safetensors")
    assert not told(None)
    assert not told(status="Complete")
    assert not told(cascaded_from=TaskId("2"))


def test_the_text_is_quoted() -> None:
    """Without parameters there is nothing else to tell."""
    [found] = told()

    assert found.confidence is Confidence.LIKELY
    assert found.evidence == (f"its row says: {TEXT}",)


def test_an_incomplete_text_is_called_so() -> None:
    """What followed its colon was cut off; the LoRAs it asked for are listed."""
    addresses = {f"https://a.test/{n}.safetensors?t=KEY": 1.0 for n in range(5)}

    [found] = told("Missing file for lora:", parameters={"additional_loras": addresses})

    assert "incomplete" in found.evidence[1]
    assert found.evidence[2] == "its parameters name 5 LoRAs"
    assert found.remedy.startswith(
        "open https://a.test/0.safetensors, https://a.test/1.safetensors,"
        " https://a.test/2.safetensors and 2 more; replace"
    )


def test_each_address_can_be_opened() -> None:
    """In a list the parameters are not read, so none is known."""
    [one] = told(parameters={"additional_loras": ["https://a.test/ink"]})
    [none] = told()
    [bare] = told(parameters={"prompt": "ink"})

    assert bare.evidence[1] == "its parameters name no LoRA"
    assert bare.remedy.startswith("see in its worker's lines which file was missing")
    assert one.evidence[1] == "its parameters name 1 LoRA"
    assert one.remedy.startswith("open https://a.test/ink; replace")
    assert none.remedy.startswith("open the addresses of its LoRAs")
