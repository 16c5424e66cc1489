"""Ids are found by exact rules, in reading order, each once, within bounds."""

import time
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.doors.named_ids import MOST_IDS, MOST_PARTS, NamedIds, named_ids

TASK = "41345358-0000-4000-8000-000000000001"
OTHER = "51345358-0000-4000-8000-000000000002"
WORKER = "gpu-20260101_000000-ab000001"
POD = "abc123def456gh"

UUIDS = st.uuids().map(str)
WORKERS = st.from_regex(r"(manual-)?gpu-[0-9]{8}_[0-9]{6}-[0-9a-f]{8}", fullmatch=True)
IDS = st.lists(UUIDS | WORKERS, unique=True, max_size=MOST_IDS)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "title", "value", "type", "elements", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def of_text(text: str, *pods: str) -> tuple[str, ...]:
    """Return the ids of a message that is only a text."""
    return named_ids({"text": text}, pods).ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"Task {TASK} failed on {WORKER}.", (TASK, WORKER)),
        (f"manual-{WORKER}", (f"manual-{WORKER}",)),
        (TASK.upper(), (TASK,)),
        (f"_{TASK}_ *{WORKER}* `{OTHER}`", (TASK, WORKER, OTHER)),
        (f"{TASK}, {TASK}", (TASK,)),
        (f"see <https://app.test/tasks/{TASK}?tab=1|this>", (TASK,)),
        (f"<https://app.test/x|{WORKER}>", (WORKER,)),
        (f"output/{TASK}.mp4", (TASK,)),
        ("task 41345358 failed", ("41345358",)),
        ("Task ID: `4134…`", ("4134",)),
        ("task_id=41345358-0000", ("41345358-0000",)),
        ("*Task*\n41345358", ("41345358",)),
        ("task &lt;41345358&gt;", ("41345358",)),
        ("worker gpu-2026", ("gpu-2026",)),
        (f"pod {POD} is gone", (POD,)),
        (f"runpod_id={POD}", (POD,)),
        ("request req-8899aabb", ("req-8899aabb",)),
        (f"task 41345358, that is {TASK}", (TASK,)),
        ("2 orphaned tasks: 0832aa93, 37eac337", ("0832aa93", "37eac337")),
        ("tasks `41345358` and `51345358`", ("41345358", "51345358")),
        ("Tasks:\n• 41345358,\n• 51345358 and 3 more", ("41345358", "51345358")),
        ("task 41345358, 51345358", ("41345358", "51345358")),
        ("worker …90d281bc died", ("90d281bc",)),
        ("2 workers: …90d28100, …22755861", ("90d28100", "22755861")),
        ("0832AA93 is stuck", ("0832aa93",)),
        (f"0832aa93 on …ab000001, that is {WORKER}", ("0832aa93", WORKER)),
    ],
)
def test_what_is_named_is_found(text: str, ids: tuple[str, ...]) -> None:
    """However it is written."""
    assert of_text(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "",
        "everything is on fire",
        "41345358 is down",
        "41345358, 51345358",
        "deadbeef is food",
        "tasks: 1200 queued, 41345 done",
        "tasks deadbeef, cafebabe",
        "workers 12345678",
        "build-0832aa93",
        "0832aa93-dirty",
        "0832aa93f",
        "subtask 41345358",
        "task failed",
        "task deadbeef",
        "task 2026-11-27",
        "task force-1",
        "worker 12345",
        "worker process",
        f"the machine {POD}",
        "pod security",
        "request failed",
        f"x{TASK}",
        f"{TASK}0",
        f"{WORKER}f",
        "gpu-4090",
        "<@U0ALICE> <!channel> <#C0OPS|task>",
    ],
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    """Better no answer than one about something else."""
    assert of_text(text) == ()


def test_a_known_pod_is_found_without_its_word() -> None:
    """Because somebody saw that it is one."""
    assert of_text(f"the machine {POD}", POD) == (POD,)


def test_a_message_of_ours_names_no_request() -> None:
    """That is the number of the answer itself."""
    text = f"task {TASK} · request 1a2b3c4d"

    assert named_ids({"text": text}).ids == (TASK, "1a2b3c4d")
    assert named_ids({"text": text}, ours=True).ids == (TASK,)


def test_text_blocks_and_attachments_are_read_in_that_order() -> None:
    """All kinds of blocks, nested; legacy fields with their names."""
    ids = [str(uuid.UUID(int=number)) for number in range(1, 9)]
    section = {"type": "section", "text": {"type": "mrkdwn", "text": ids[1]}}
    styled = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": ids[2][:13], "style": {"bold": True}},
            {"type": "text", "text": ids[2][13:]},
            {"type": "link", "url": f"https://app.test/{ids[3]}", "text": "there"},
        ],
    }
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": ids[4]}]]}
    fields = [{"value": "41345358", "title": "Task ID", "short": True}]
    message = {
        "attachments": [
            {"fallback": ids[7], "fields": fields, "title": ids[5], "text": ids[6]}
        ],
        "blocks": [
            section,
            {"type": "rich_text", "elements": [styled]},
            {"type": "container", "child_blocks": [table]},
        ],
        "text": ids[0],
    }

    assert named_ids(message).ids == (*ids[:7], ids[7], "41345358")


def test_what_nobody_reads_names_nothing() -> None:
    """Ids of blocks, and what buttons hold."""
    button = {"type": "button", "action_id": TASK, "value": OTHER}
    block = {"type": "actions", "block_id": TASK, "elements": [button]}

    assert named_ids({"client_msg_id": TASK, "blocks": [block]}).ids == ()


@given(IDS)
def test_all_ids_come_back_in_order_each_once(ids: list[str]) -> None:
    """Whatever stands between them that is no part of an id."""
    text = " and\n".join([*ids, *ids])

    assert of_text(text) == tuple(ids)


@given(st.text(), UUIDS, st.text())
def test_an_id_among_blanks_is_found_in_any_text(
    before: str, id: str, after: str
) -> None:
    """At least that one."""
    assert id in of_text(f"{before} \n {id} \n {after}")


@given(JSON, JSON, JSON)
def test_any_message_can_be_read(text: Any, blocks: Any, attachments: Any) -> None:
    """Nothing is raised."""
    message = {"text": text, "blocks": blocks, "attachments": attachments}

    assert isinstance(named_ids(message), NamedIds)


def test_more_ids_than_anybody_presses_are_cut_and_said() -> None:
    """The first ones are kept."""
    ids = [str(uuid.UUID(int=number)) for number in range(5_000)]
    found = named_ids({"text": " ".join(ids)})

    assert found.ids == tuple(ids[:MOST_IDS])
    assert not found.whole


def deep(depth: int) -> dict[str, Any]:
    """Return blocks in blocks."""
    found: dict[str, Any] = {"text": TASK}
    for _ in range(depth):
        found = {"elements": [found]}
    return found


@pytest.mark.parametrize(
    "message",
    [
        {"text": "task " * 2_000_000},
        {"text": "<https://" * 1_200_000},
        {"text": "a-" * 5_000_000},
        {"text": "task ::::::" * 900_000},
        {"text": TASK.replace("-", "") * 300_000},
        {"blocks": [{"type": "section", "text": {"text": "x"}}] * MOST_PARTS},
        {"blocks": [{"type": "section", "text": {"text": "x" * 1000}}] * 1000},
        {"blocks": [deep(900)]},
    ],
)
def test_a_hostile_message_is_bounded(message: dict[str, Any]) -> None:
    """It is said that not all was read; ten megabytes take a moment."""
    began = time.process_time()
    found = named_ids(message)

    assert not found.whole
    assert found.ids == ()
    assert time.process_time() - began < 2
