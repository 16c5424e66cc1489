import pytest

from bot.domain.findings import Severity
from bot.domain.service_names import REFLEX
from bot.domain.services import Cache
from tests.service_scenes import (
    counts,
    found,
    is_ready,
    of_scene,
    said,
    services,
    told,
)

RULE = "cache-low"


@pytest.mark.parametrize(
    ("checks", "hits"), [(20, 0), (22, 11), (100, 50), (0, 0), (21, 21)]
)
def test_a_cache_that_helps_or_is_hardly_asked(checks: int, hits: int) -> None:
    """Half exactly is well; of twenty checks nothing is concluded."""
    assert found(RULE, said(cache=Cache(checks=checks, hits=hits))) == []


def test_a_cache_of_which_nobody_tells() -> None:
    """Neither lines nor counts, or the case is of no services."""
    assert found(RULE, services(told=told(cache=None), reflex=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_cache_that_seldom_helps() -> None:
    """Ten of twenty-one; of no consequence where goals do not repeat."""
    [it] = found(RULE, said(cache=Cache(checks=21, hits=10)))

    assert it.severity is Severity.INFO
    assert it.title == "the reflex layer finds 47.6% of its checks in its cache"
    assert it.evidence == (
        "lines of task.passed_reflex_check: 10 of 21 were found",
        "under 50% of more than 20 is low",
    )
    assert it.subject.id == REFLEX
    assert it.ask == "logs --search cache_hit"


@pytest.mark.parametrize(
    ("failed", "title"),
    [(79, "the reflex layer finds 47.6% of its checks in its cache"), (80, None)],
)
def test_the_orchestrator_counts_as_well(failed: int, title: str | None) -> None:
    """Where no line does; what failed was no check."""
    case = services(told=None, reflex=counts(cache_hits=10, failed=failed))

    assert [it.title for it in found(RULE, case)] == [title] * (title is not None)


@pytest.mark.parametrize("redis", [True, False])
def test_without_redis_nothing_is_kept(redis: bool) -> None:
    """Its own word for it is a proof."""
    ready = (is_ready(), is_ready(REFLEX, redis=redis))
    lines = told(cache=Cache(checks=21, hits=0))
    [it] = found(RULE, services(readiness=ready, told=lines))

    assert ("its /ready says that it has no redis" in it.evidence) is not redis
    assert it.remedy.startswith("start its Redis again") is not redis


def test_what_the_reflex_layer_lacks_may_be_unknown() -> None:
    """It was not asked."""
    case = services(readiness=None, told=told(cache=Cache(checks=21, hits=0)))

    assert len(found(RULE, case)[0].evidence) == 2
