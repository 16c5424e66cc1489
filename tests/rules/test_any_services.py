"""What the rules say holds for any services: half read, in any order, by any clock.

Arms, routers and half of the events exist on paper alone: here they are all there.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.cases import Case
from bot.domain.findings import Severity, Subject
from bot.domain.service_names import ORCHESTRATOR, REFLEX, Outcome
from bot.domain.services import (
    Backlog,
    Cache,
    Lost,
    Memory,
    Misfit,
    PoolError,
    Probe,
    RateLimit,
    Readiness,
    ReflexAnswers,
    Safety,
    ServiceScene,
    Startup,
    Told,
    Turn,
    Uncaught,
    Unmatched,
)
from bot.domain.tasks import TaskId, Wait
from bot.domain.workers import WorkerId
from bot.rules.book import book, judge
from bot.wiring import commands
from bot.words import read
from tests.service_scenes import (
    TASK,
    a_backlog,
    a_load,
    a_memory,
    a_probe,
    a_scene,
    a_wait,
    an_error,
    counts,
    of_scene,
    told,
)
from tests.world import NOW, a_task, ago

SERVICES: Final = (ORCHESTRATOR, REFLEX, "coder", "planner")
OTHER: Final = TaskId("35088389-752c-4302-96df-f7691319ba61")
KINDS: Final = (
    *("task.reflex_unavailable", "task.reflex_circuit_breaker_open"),
    *("reflex_client.http_error", "OperationalError", "database.health_check_failed"),
    *("ValidationError", "TimeoutError", "DetachedInstanceError", "openai.api_error"),
)

services = st.sampled_from(SERVICES)
numbers = st.sampled_from([0, 1, 2, 19, 20, 21, 5000])
shares = st.sampled_from([None, -0.5, 0.0, 0.2, 0.21, 9.0])
spans = st.sampled_from([0, 0.004, 1, 3.01, 30, 90000]).map(
    lambda n: timedelta(seconds=n)
)
times = st.one_of(
    st.sampled_from([0, 60, 300, 301, 3600, 3601]).map(lambda n: ago(seconds=n)),
    st.integers(-7200, 200_000).map(lambda n: ago(seconds=n)),
)
skews = st.sampled_from([-3600, -30, 0, 1, 30, 3600]).map(
    lambda n: timedelta(seconds=n)
)
tasks = st.sampled_from([TaskId(TASK), OTHER])
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["Connection refused", "<!channel>", "x" * 500, "a\nb"]),
)
requests = st.sampled_from([None, "req-1", "a b\n--hours 9", "x" * 500, "-x"])
names = st.sampled_from(
    [None, *map(frozenset, [(), ("python",), ("sql", "a\nb"), ("python", "sql")])]
)


def few(of: st.SearchStrategy[Any], *by: str) -> st.SearchStrategy[Any]:
    """Return up to three of them; of those that share these fields only one."""
    one_of_each = (lambda it: tuple(getattr(it, name) for name in by)) if by else None
    return st.lists(of, max_size=3, unique_by=one_of_each).map(tuple)


def maybe(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return one, or None as for what was not read."""
    return st.one_of(st.none(), of)


probes = st.builds(
    Probe,
    service=services,
    at=times,
    outcome=st.sampled_from(Outcome),
    took=spans,
    status_code=st.sampled_from([None, 200, 503]),
    said=texts,
    begun_at=maybe(times),
    capabilities=names,
)
readiness = st.builds(
    Readiness,
    service=services,
    ready=st.booleans(),
    checks=st.dictionaries(
        st.sampled_from(["database", "reflex_layer", "redis", "qdrant"]), st.booleans()
    ),
)
misfits = st.builds(
    Misfit,
    model=st.sampled_from(["ReflexResponse", "TaskContract", "Other"]),
    fields=few(st.sampled_from(["status", "budget", "goal", "pii_matches.position"])),
    wanted=st.sampled_from(["", "Field required"]),
    got=st.sampled_from([None, "success", "RateLimited"]),
)
waiting = few(st.builds(a_wait, st.uuids().map(str), since=times, allowed=spans))
backlogs = st.builds(
    Backlog,
    counts=st.dictionaries(
        st.sampled_from(["pending", "processing", "completed", "failed", "cancelled"]),
        numbers,
    ),
    pending=maybe(waiting),
    processing=maybe(waiting),
)
memories = st.builds(
    Memory,
    service=services,
    resident_bytes=st.sampled_from([0.0, 1e8, 9e10]),
    begun_at=maybe(times),
    scrapes=numbers,
    over=spans,
    growth_per_hour=maybe(st.sampled_from([-1e7, 0.0, 1e7, 2e7])),
    growth=shares,
    restarts=few(times),
)
loads = st.builds(
    a_load,
    service=services,
    requests=numbers,
    failed=numbers,
    uncaught=numbers,
    slow=numbers,
    p50=maybe(spans),
    p95=maybe(spans),
    longest=maybe(spans),
    unavailable=numbers,
    failed_at=maybe(times),
)
errors = st.builds(
    an_error,
    st.sampled_from(KINDS),
    service=services,
    at=times,
    count=numbers.map(lambda n: n + 1),
    example=texts,
)
exceptions = st.builds(
    Uncaught,
    at=times,
    service=services,
    kind=st.sampled_from(KINDS),
    error=texts,
    misfit=maybe(misfits),
)
turns = st.builds(
    Turn,
    at=times,
    service=services,
    state=st.sampled_from(["open", "half_open", "closed", "reset", "odd"]),
    reason=maybe(texts),
    count=maybe(numbers),
    refused=numbers,
)
losses = st.builds(
    Lost, task_id=tasks, at=times, request_id=requests, error=maybe(texts)
)
lines = st.builds(
    Told,
    errors=few(errors, "kind", "service"),
    uncaught=few(exceptions),
    http=few(loads, "service"),
    breaker=few(turns),
    pool=few(
        st.builds(
            PoolError,
            at=times,
            service=services,
            size=maybe(numbers),
            overflow=maybe(numbers),
            timeout=maybe(spans),
            in_flight=numbers,
        )
    ),
    safety=maybe(
        st.builds(
            Safety,
            pii=numbers,
            injections=numbers,
            blocked=numbers,
            pii_stored=numbers,
            by_pattern=st.dictionaries(texts, numbers, max_size=2),
        )
    ),
    cache=maybe(st.builds(Cache, checks=numbers, hits=numbers)),
    limits=few(
        st.builds(
            RateLimit,
            at=times,
            service=services,
            event=st.sampled_from(
                ["openai.rate_limit", "Rate limit exceeded", "http.request", "odd"]
            ),
            retry_after=maybe(spans),
        )
    ),
    lost=few(losses),
    unmatched=few(
        st.builds(
            Unmatched, at=times, task_id=maybe(tasks), required=names, available=names
        )
    ),
    startups=few(st.builds(Startup, at=times, service=services, error=texts)),
    answers=maybe(
        st.builds(
            ReflexAnswers,
            accepted=numbers,
            forwarded=numbers,
            newest_request=requests,
            newest_at=maybe(times),
        )
    ),
    database_down=few(times),
    stored_at=maybe(times),
    whole=st.booleans(),
)
scenes = st.builds(
    a_scene,
    probes=maybe(few(probes, "service")),
    readiness=maybe(few(readiness, "service")),
    reflex=maybe(
        st.builds(
            counts,
            breaker=st.sampled_from(["open", "half_open", "closed", "unknown"]),
            breaker_failures=numbers,
            pii=numbers,
            blocked=numbers,
            injections=numbers,
        )
    ),
    memory=maybe(memories),
    backlog=maybe(backlogs),
    told=maybe(lines),
    measured=maybe(loads),
)


def shown(scene: ServiceScene, skew: timedelta = timedelta(0)) -> Case:
    """Return a case of the scene, a task that waits, and one that found no arm."""
    tasks = (
        a_task(TASK, status="Queued", worker_id=None),
        a_task(
            OTHER,
            status="Failed",
            worker_id=WorkerId("coder"),
            error="No suitable arm found",
        ),
    )
    waits = {tasks[0].id: Wait(reason=None)}
    return replace(of_scene(scene, tasks=tasks, waits=waits), now=NOW + skew)


# A span before its beginning, which `spoken` writes with a minus.
BACKWARDS: Final = re.compile(r"(?<![\w.-])-\d+(?:\.\d)? (?:s|min|h|d)\b")


@settings(max_examples=150, deadline=None)
@given(scene=scenes, skew=skews)
def test_no_rule_breaks_and_every_finding_is_whole(
    scene: ServiceScene, skew: timedelta
) -> None:
    """Whatever was read: it has proofs of one line each, a remedy, and no odd span."""
    found = judge(shown(scene, skew))

    assert not [each for each in found if each.subject.kind == "rule"]
    for each in found:
        assert each.rule in book("octollm").rules
        assert each.title
        assert each.remedy
        assert each.subject.id
        assert each.evidence
        for proof in (each.title, *each.evidence):
            assert proof.strip()
            assert "\n" not in proof
            assert not BACKWARDS.search(proof)


@settings(max_examples=60, deadline=None)
@given(scene=scenes)
def test_what_is_to_be_asked_next_can_be_typed(scene: ServiceScene) -> None:
    """Every finding leads on, in words that the grammar knows."""
    for each in judge(shown(scene)):
        words = each.ask.split()
        assert words
        assert sorted(read(words, commands(), now=NOW).words) == sorted(words)


def shuffled(part: Any, data: st.DataObject) -> Any:
    """Return it with every tuple of it in another order."""
    turned: dict[str, Any] = {
        each.name: tuple(data.draw(st.permutations(held)))
        for each in fields(part)
        if isinstance(held := getattr(part, each.name), tuple)
    }
    return replace(part, **turned)


def verdicts(scene: ServiceScene) -> set[tuple[str, Subject, Severity]]:
    """Return which rules speak, of what, and how gravely."""
    found = judge(shown(scene))
    return {(each.rule, each.subject, each.severity) for each in found}


@settings(max_examples=100, deadline=None)
@given(scene=scenes, data=st.data())
def test_the_order_of_its_parts_changes_no_verdict(
    scene: ServiceScene, data: st.DataObject
) -> None:
    """Services answer in any order, and lines are merged from many files."""
    parts = {name: getattr(scene, name) for name in ("told", "backlog", "memory")}
    turned = {name: shuffled(each, data) for name, each in parts.items() if each}

    assert verdicts(replace(shuffled(scene, data), **turned)) == verdicts(scene)


PARTS: Final = sorted(
    each.name for each in fields(ServiceScene) if each.name not in ("window", "gaps")
)


@settings(max_examples=60, deadline=None)
@given(scene=scenes, gone=st.sets(st.sampled_from(PARTS)))
def test_any_part_may_be_missing(scene: ServiceScene, gone: set[str]) -> None:
    """What could not be read leaves a rule silent; it never breaks one."""
    lost: Mapping[str, Any] = dict.fromkeys(gone)

    found = judge(shown(replace(scene, **lost)))

    assert not [each for each in found if each.subject.kind == "rule"]


@st.composite
def well(draw: st.DrawFn) -> ServiceScene:
    """Return services within their thresholds, by a clock that may be a little off."""
    slow = timedelta(seconds=draw(st.floats(0, 4.99)))
    begun = ago(seconds=draw(st.integers(-30, 300)))
    growth = draw(st.floats(-0.5, 0.2))
    return a_scene(
        probes=tuple(a_probe(each, took=slow) for each in SERVICES),
        memory=a_memory(growth=growth, growth_per_hour=growth * 1e8),
        backlog=a_backlog(a_wait(since=begun), running=(a_wait(OTHER, since=begun),)),
        told=told(
            http=(a_load(requests=draw(st.integers(0, 5000))),),
            cache=Cache(checks=draw(st.integers(0, 20)), hits=0),
        ),
    )


@settings(max_examples=60, deadline=None)
@given(scene=well())
def test_nothing_is_said_of_services_that_are_well(scene: ServiceScene) -> None:
    """Exactly at a threshold is still within it."""
    found = judge(of_scene(scene))

    assert [each.rule for each in found if each.severity is not Severity.INFO] == []
