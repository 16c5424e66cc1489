"""Faults on demand, tried on the double of RunPod."""

import time

import httpx
import pytest

from bot.demo.faults import Fault
from bot.demo.pods import Pod
from bot.demo.runpod_double import RunpodDouble
from tests.demo.times import NOON


def _get(runpod: RunpodDouble, path: str = "/v2/pods") -> httpx.Response:
    headers = {"Authorization": f"Bearer {runpod.key}"}
    return runpod._client.get(path, headers=headers)


def test_without_faults_all_is_well(runpod: RunpodDouble) -> None:
    """The healthy case comes first."""
    assert _get(runpod).status_code == 200


def test_a_status_replaces_the_answer_so_many_times(runpod: RunpodDouble) -> None:
    """After that it is well again."""
    runpod.faults(Fault(status=503, body="busy", headers={"Retry-After": "1"}, times=2))

    answers = [_get(runpod) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].text == "busy"
    assert answers[0].headers["Retry-After"] == "1"


def test_a_body_that_looks_like_json_is_sent_as_json(runpod: RunpodDouble) -> None:
    """Clients decide by the header whether they parse."""
    runpod.faults(Fault(status=429, body='{"ok": false}'))

    assert _get(runpod).headers["Content-Type"].startswith("application/json")


def test_only_requests_that_match_are_hit(runpod: RunpodDouble) -> None:
    """The pattern sees method, path, query and body."""
    runpod.faults(Fault(match="^GET /v2/pods/a", status=500))

    assert _get(runpod).status_code == 200
    assert _get(runpod, "/v2/pods/a").status_code == 500


def test_the_first_may_pass(runpod: RunpodDouble) -> None:
    """A fault can wait for the second page."""
    runpod.faults(Fault(status=500, skip=1))

    assert [_get(runpod).status_code for _ in range(3)] == [200, 500, 200]


def test_a_reset_gives_no_answer(runpod: RunpodDouble) -> None:
    """The connection goes away."""
    runpod.faults(Fault(reset=True))

    with pytest.raises(httpx.TransportError):
        _get(runpod)
    [request] = runpod.requests()
    assert request["status"] is None


def test_an_answer_can_be_cut_short(runpod: RunpodDouble) -> None:
    """The announced length is never reached."""
    runpod.faults(Fault(truncate=3))

    with pytest.raises(httpx.RemoteProtocolError, match="received 3 bytes"):
        _get(runpod)


def test_a_late_fault_comes_after_the_deed(runpod: RunpodDouble) -> None:
    """It was done, and nobody was told."""
    runpod.load(Pod(id="a", name="a", created_at=NOON))
    runpod.faults(Fault(match="DELETE", status=500, late=True))

    answer = runpod._client.delete(
        "/v2/pods/a", headers={"Authorization": f"Bearer {runpod.key}"}
    )

    assert answer.status_code == 500
    assert runpod.left() == frozenset()


def test_latency_is_added_to_all(runpod: RunpodDouble) -> None:
    """As a network would."""
    runpod.latency(0.05)
    started = time.monotonic()
    _get(runpod)

    assert time.monotonic() - started >= 0.05


def test_what_was_asked_can_be_cleared(runpod: RunpodDouble) -> None:
    """The next look sees only what came after."""
    _get(runpod)

    assert len(runpod.requests(clear=True)) == 1
    assert runpod.requests() == []
