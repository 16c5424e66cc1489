import pytest

from bot.domain.agent_claims import claims, of_claims
from tests.world import a_line, ago


def test_an_agent_that_claims_tells_so_at_info() -> None:
    """Of tries and looks nothing is told, so none is counted."""
    found = claims(
        [
            a_line("Claimed script task: 3a333f8c... (render) [4800MB, 115MB left]"),
            a_line("Claimed llm task: 5d160bc6... (sum)"),
            a_line("claimed cpu task 8d3c86f9 (aggregate)", at=ago(seconds=3)),
            a_line("Task 3a333f8c... completed"),
        ]
    )

    assert (found.attempts, found.claimed, found.win_rate) == (3, 3, 1.0)
    assert found.by_class == {"cpu": 1, "llm": 1, "script": 1}
    assert found.last_claim_at == ago(seconds=3)
    assert (found.told, found.last_look) == (False, None)


def test_without_a_try_there_is_no_rate() -> None:
    """Not even zero."""
    assert claims([]).win_rate is None


def test_races_and_locks_that_were_lost_are_counted() -> None:
    """Each try was written down before it."""
    found = claims(
        [
            a_line("Attempting claim: 0cb54352"),
            a_line("Lost race: 0cb54352 (claimed by another worker)"),
            a_line("Attempting claim: 15614031"),
            a_line("Lock timeout: 15614031 (another worker has it)"),
            a_line("Attempting claim: 17288148"),
            a_line("Claimed script task: 17288148... (transcribe)"),
            a_line("Attempting claim: 17288149"),
            a_line(
                "Claim attempt: 2 tasks available in ['llm'], all claimed by others"
            ),
            a_line("Skipping 1c1a09da: needs 4800MB, only 115MB available"),
            a_line("Queue empty"),
        ]
    )

    assert (found.attempts, found.claimed, found.win_rate) == (4, 1, 0.25)
    assert (found.lost_races, found.lock_timeouts, found.turned_away) == (1, 1, 1)
    assert found.lost_tasks == ("0cb54352",)
    assert (found.skipped, found.looks, found.empty_looks) == (1, 0, 1)
    assert found.told


def test_the_last_look_at_tasks_tells_why_none_was_taken() -> None:
    """In the words of workers and of GPU agents; an empty queue tells nothing."""
    of_worker = claims(
        [
            a_line(
                "No suitable tasks - Queue: [script:60, llm:2],"
                " Preferred: ['resource', 'llm', 'cpu'], Model loaded: True"
            ),
            a_line("Queue empty"),
        ]
    ).last_look
    of_agent = claims(
        [
            a_line("No tasks claimed - Queue: [script:9], budget: 4915MB"),
            a_line("No tasks claimed - Queue: [script:4], budget: 115MB"),
        ]
    ).last_look

    assert of_worker is not None
    assert of_worker.queue == {"script": 60, "llm": 2}
    assert of_worker.preferred == ("resource", "llm", "cpu")
    assert (of_worker.model_loaded, of_worker.budget_mb) == (True, None)
    assert of_agent is not None
    assert (of_agent.queue, of_agent.budget_mb) == ({"script": 4}, 115)
    assert (of_agent.preferred, of_agent.model_loaded) == (None, None)


def test_a_look_in_other_words_is_still_one() -> None:
    """As the guide writes it."""
    look = claims([a_line("No suitable tasks")]).last_look

    assert look is not None
    assert look.queue == {}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Claimed meta task: d5de16d7 (load_llm)", True),
        ("TASKS_RESERVED: skip claiming", True),
        ("Queue empty", True),
        ("Heartbeat sent - status: idle, idle: 4s", False),
        ("Task d5de16d7... completed", False),
    ],
)
def test_lines_of_claims_are_told_from_others(text: str, is_one: bool) -> None:
    """Looks among them."""
    assert of_claims(a_line(text)) is is_one
