import pytest

from bot.domain.asks import MOST, chosen, label, of_system, tracing, whys
from bot.domain.report import Ask
from tests.formatters.samples import a_finding
from tests.world import TASK, WORKER


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (f"task {TASK}", "Task 41345358"),
        (f"task {TASK} --logs-only --hours 72", "Lines of 41345358"),
        (f"task requeue {TASK}", "Queue 41345358 again …"),
        (f"worker {WORKER}", "Worker …0a1b2c3d"),
        ("worker gpu-1", "Worker gpu-1"),
        ("worker cpu-pi1", "Worker cpu-pi1"),
        ("worker reflex-layer", "Worker reflex-layer"),
        (f"worker {WORKER} --startup", "Start of …0a1b2c3d"),
        (f"worker terminate {WORKER}", "End …0a1b2c3d …"),
        (f"worker forget {WORKER}", "Settle …0a1b2c3d …"),
        ("logs --source orchestrator_gpu --level ERROR", "Errors: orchestrator_gpu"),
        (f"logs --source complete-task --task {TASK}", "Lines: complete-task"),
        ("logs --search OperationalError", "Search: OperationalError"),
        ("trace 5f0c3d9e-1111-4222-8333-444455556666", "Trace 5f0c3d9e-1111-4222-8"),
        ("workers --detailed", "Workers"),
        ("worker gpu-8 --system agents", "Worker gpu-8"),
        ("worker gpu-8 --logs-only --system agents", "Lines of gpu-8"),
        ("logs --worker gpu-9 --level ERROR --system agents", "Errors of gpu-9"),
        ("logs --worker gpu-16 --search LLAMA_LOAD_WAIT", "Lines of gpu-16"),
        ("queue --system agents", "Queue"),
        ("queue", "Queue"),
        ("?", "?"),
    ],
)
def test_a_button_is_called_by_what_it_asks(words: str, called: str) -> None:
    """With the part of an id that tells it from others, and short enough to read."""
    assert label(words) == called
    assert len(called) <= 30


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("req-abc123", "trace req-abc123"),
        ("x" * 100, "trace " + "x" * 100),
        ("x" * 101, ""),
        ("req", ""),
        ("svc:7.req@a", "trace svc:7.req@a"),
        ("req-1.", ""),
        ("_req-1", ""),
        ("-x-y-z", ""),
        ("req 1 --hours 72", ""),
        ("req-1\n", ""),
        (None, ""),
    ],
)
def test_a_request_is_followed_if_its_id_can_be_typed(
    id: str | None, words: str
) -> None:
    """A client may send anything as its id: a button must not ask for more."""
    assert tracing(id) == words


def test_words_may_name_their_system() -> None:
    """At their end, where the desk and the gate put it."""
    assert of_system("workers --system agents") == " --system agents"
    assert of_system("workers --status active") == ""


def test_findings_ask_each_question_once() -> None:
    """The worst first, as they come; some have none."""
    asks = ("workers", "", f"task {TASK}", "workers")
    findings = [a_finding(ask=ask) for ask in asks]

    assert [each.words for each in whys(findings)] == ["workers", f"task {TASK}"]


def test_few_questions_are_chosen_and_none_twice() -> None:
    """The first label of the same words stays, and a refresh finds room."""
    asks = [Ask(label=f"{n}", words=f"task {n % 7}") for n in range(9)]

    assert [each.label for each in chosen(asks[0], *asks)] == ["0", "1", "2", "3"]
    assert len(chosen(*asks)) == MOST - 1
    assert chosen() == ()
