"""Builders of OctoLLM's services, as rules are shown them."""

from datetime import timedelta
from typing import Any, Final

from bot.domain.cases import Case
from bot.domain.findings import Finding
from bot.domain.service_names import ORCHESTRATOR, REFLEX, Outcome
from bot.domain.services import (
    Backlog,
    Cache,
    ErrorKind,
    HttpLoad,
    Memory,
    Probe,
    Readiness,
    ReflexCounts,
    Safety,
    ServiceScene,
    Told,
    Waiting,
)
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.rules.book import book
from bot.sources import NoPods
from bot.sources.octollm.vocabulary import WORDS
from tests.world import NOW, World, a_case, a_world, ago

TASK: Final = TaskId("23cb6baf-2b12-4c20-a00c-d443ca9174e7")


def a_probe(service: str = ORCHESTRATOR, **given: Any) -> Probe:
    """Return a service that answers in 4 ms that it is well."""
    values: dict[str, Any] = {
        "at": NOW,
        "outcome": Outcome.OK,
        "took": timedelta(milliseconds=4),
        "status_code": 200,
    }
    return Probe(service=service, **(values | given))


def down(service: str = ORCHESTRATOR, **given: Any) -> Probe:
    """Return a service that refuses connections."""
    values: dict[str, Any] = {
        "outcome": Outcome.REFUSED,
        "status_code": None,
        "said": "connection refused",
    }
    return a_probe(service, **(values | given))


def is_ready(service: str = ORCHESTRATOR, **checks: bool) -> Readiness:
    """Return what a service says of its needs; the orchestrator has both unless told.

    One check that fails makes it not ready.
    """
    known = {"database": True, "reflex_layer": True} if service == ORCHESTRATOR else {}
    held = known | checks
    return Readiness(service=service, ready=all(held.values()), checks=held)


def counts(**given: Any) -> ReflexCounts:
    """Return the counts of a hundred requests of which nothing is to tell."""
    values: dict[str, Any] = {
        "requests": 100,
        "failed": 0,
        "blocked": 0,
        "pii": 0,
        "injections": 0,
        "cache_hits": 60,
        "breaker": "closed",
        "breaker_failures": 0,
    }
    return ReflexCounts(**(values | given))


def a_wait(id: str = TASK, **given: Any) -> Waiting:
    """Return a task that is not done since a minute ago and may take five."""
    values: dict[str, Any] = {
        "since": ago(minutes=1),
        "allowed": timedelta(minutes=5),
    }
    return Waiting(task_id=TaskId(id), **(values | given))


def a_backlog(*pending: Waiting, running: tuple[Waiting, ...] = ()) -> Backlog:
    """Return the tasks that are not done, of a system that completed a hundred."""
    counts = {"pending": len(pending), "processing": len(running), "completed": 100}
    return Backlog(counts=counts, pending=pending, processing=running)


def an_error(kind: str, **given: Any) -> ErrorKind:
    """Return an error that the orchestrator wrote once, a minute ago."""
    at = given.pop("at", ago(minutes=1))
    values: dict[str, Any] = {
        "service": ORCHESTRATOR,
        "count": 1,
        "first_at": at,
        "last_at": at,
        "example": kind,
        "named": True,
    }
    return ErrorKind(kind=kind, **(values | given))


def a_load(**given: Any) -> HttpLoad:
    """Return a hundred requests of the orchestrator that all went well and fast."""
    values: dict[str, Any] = {
        "service": ORCHESTRATOR,
        "requests": 100,
        "failed": 0,
        "uncaught": 0,
        "slow": 0,
        "p50": timedelta(milliseconds=8),
        "p95": timedelta(milliseconds=40),
        "longest": timedelta(milliseconds=90),
    }
    return HttpLoad(**(values | given))


def a_memory(**given: Any) -> Memory:
    """Return a process of 100 MB that began an hour ago and does not grow."""
    values: dict[str, Any] = {
        "service": ORCHESTRATOR,
        "resident_bytes": 1e8,
        "begun_at": ago(hours=1),
        "scrapes": 60,
        "over": timedelta(hours=1),
        "growth_per_hour": 0.0,
        "growth": 0.0,
    }
    return Memory(**(values | given))


def told(**given: Any) -> Told:
    """Return what lines tell of a hundred requests that all went well."""
    values: dict[str, Any] = {
        "http": (a_load(),),
        "safety": Safety(pii=0, injections=0, blocked=0, pii_stored=0),
        "cache": Cache(checks=100, hits=60),
    }
    return Told(**(values | given))


def a_scene(**given: Any) -> ServiceScene:
    """Return services that are well and have nothing to do."""
    values: dict[str, Any] = {
        "window": Window.before(NOW, hours=24),
        "probes": (a_probe(), a_probe(REFLEX)),
        "readiness": (is_ready(), is_ready(REFLEX, redis=True, config=True)),
        "reflex": counts(),
        "memory": a_memory(),
        "backlog": a_backlog(),
        "told": told(),
    }
    return ServiceScene(**(values | given))


def services(**given: Any) -> Case:
    """Return a case of OctoLLM at NOW; what is named is of its scene."""
    return of_scene(a_scene(**given))


def said(**given: Any) -> Case:
    """Return a case of OctoLLM at NOW in which lines tell what is named."""
    return services(told=told(**given))


def of_scene(scene: ServiceScene | None, **given: Any) -> Case:
    """Return a case of OctoLLM at NOW with this scene."""
    return a_case(system="octollm", scene=scene, **given)


def found(rule: str, case: Case) -> list[Finding]:
    """Return what a rule of OctoLLM finds; each finding is whole."""
    findings = [*book("octollm").rules[rule](case)]
    assert all(each.rule == rule for each in findings)
    assert all(each.evidence and each.remedy and each.title for each in findings)
    return findings


def a_served_world(scene: ServiceScene, **given: Any) -> World:
    """Return a system of services with this scene, and what else is given."""
    world = a_world(**given)
    world.name, world.scene, world.vocabulary = "octollm", scene, WORDS
    world.pods = NoPods("octollm")  # type: ignore[assignment]
    return world
