"""The double of RunPod; REST answers are checked against RunPod's document."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.demo import runpod_double as module
from bot.demo.ground import Ground, Unavailable
from bot.demo.pods import Pod
from bot.demo.runpod_double import RunpodDouble
from tests.demo.times import NOON


def a_pod(id: str = "pod1", **fields: Any) -> Pod:
    """Return a running pod."""
    return Pod(id=id, name=f"gpu-{id}", created_at=NOON, **fields)


def ask(
    runpod: RunpodDouble, method: str, path: str, body: Any = None
) -> httpx.Response:
    """Call REST with the key."""
    headers = {"Authorization": f"Bearer {runpod.key}"}
    return runpod._client.request(method, path, json=body, headers=headers)


def query(runpod: RunpodDouble, text: str) -> Any:
    """Call GraphQL with the key."""
    return ask(runpod, "POST", "/graphql", {"query": text}).json()


def test_both_interfaces_list_the_same_pods(runpod: RunpodDouble) -> None:
    """A pod loaded once is seen in both."""
    runpod.load(a_pod("a"), a_pod("b", status="EXITED"))

    rest = [(it["id"], it["status"]) for it in ask_pods(runpod)]
    found = query(runpod, "{ myself { pods { id desiredStatus } } }")

    assert rest == [("a", "RUNNING"), ("b", "EXITED")]
    assert [
        (it["id"], it["desiredStatus"]) for it in found["data"]["myself"]["pods"]
    ] == rest


def ask_pods(runpod: RunpodDouble) -> list[dict[str, Any]]:
    """Return REST's list of pods."""
    pods: list[dict[str, Any]] = ask(runpod, "GET", "/v2/pods").json()["pods"]
    return pods


def test_a_field_the_service_lacks_is_refused(runpod: RunpodDouble) -> None:
    """The schema is RunPod's, not ours."""
    answer = query(runpod, "{ myself { pods { id actualStatus } } }")

    assert "Cannot query field 'actualStatus'" in answer["errors"][0]["message"]


def test_introspection_is_refused(runpod: RunpodDouble) -> None:
    """As the service does."""
    answer = query(runpod, "{ __schema { types { name } } }")

    assert answer["errors"][0]["message"] == "GraphQL introspection is not allowed"


def test_an_unknown_pod_is_null_in_graphql_and_missing_in_rest(
    runpod: RunpodDouble,
) -> None:
    """Each in its own way."""
    found = query(runpod, '{ pod(input: {podId: "x"}) { id } }')

    assert found == {"data": {"pod": None}}
    assert ask(runpod, "GET", "/v2/pods/x").status_code == 404


def test_a_terminated_pod_is_gone(runpod: RunpodDouble) -> None:
    """GraphQL answers null and the next list lacks it."""
    runpod.load(a_pod("a"), a_pod("b"))

    said = query(runpod, 'mutation { podTerminate(input: {podId: "a"}) }')

    assert said == {"data": {"podTerminate": None}}
    assert runpod.left() == {"b"}


def test_terminating_twice_is_an_error(runpod: RunpodDouble) -> None:
    """The second time there is no such pod."""
    said = query(runpod, 'mutation { podTerminate(input: {podId: "a"}) }')

    assert said["errors"][0]["message"] == "pod not found"


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [
        ("RUNNING", "stop", 200),
        ("RUNNING", "start", 409),
        ("EXITED", "start", 200),
        ("EXITED", "stop", 409),
        ("RUNNING", "terminate", 204),
        ("RUNNING", "explode", 422),
    ],
)
def test_only_allowed_actions_are_done(
    runpod: RunpodDouble, status: str, action: str, expected: int
) -> None:
    """REST guards what GraphQL does not."""
    runpod.load(a_pod("a", status=status))

    answer = ask(runpod, "POST", "/v2/pods/a/action", {"action": action})

    assert answer.status_code == expected


def test_a_locked_pod_is_not_terminated(runpod: RunpodDouble) -> None:
    """The conflict is told, and it stays."""
    runpod.load(a_pod("a", locked=True))

    assert ask(runpod, "DELETE", "/v2/pods/a").status_code == 409
    assert runpod.left() == {"a"}


def test_a_stopped_pod_starts_anew(runpod: RunpodDouble) -> None:
    """Its uptime begins again."""
    runpod.load(a_pod("a"))
    ask(runpod, "POST", "/v2/pods/a/action", {"action": "stop"})
    pod = ask(runpod, "POST", "/v2/pods/a/action", {"action": "start"}).json()

    assert pod["runtime"]["uptime"] < 5


def test_logs_come_as_events_and_stay_open(runpod: RunpodDouble) -> None:
    """The last lines at once, each with its time; then silence."""
    runpod.load(a_pod("a", started_at=NOON, logs=("one", "two", "three")))
    url = "/v2/pods/a/logs?tail=2"
    headers = {"Authorization": f"Bearer {runpod.key}"}

    with runpod._client.stream("GET", url, headers=headers) as stream:
        lines = stream.iter_lines()
        data = [line for line in (next(lines) for _ in range(6)) if "data: " in line]

    said = [json.loads(line.removeprefix("data: ")) for line in data]
    second = NOON + timedelta(seconds=1)
    assert [it["line"] for it in said] == ["two", "three"]
    assert said[0]["ts"] == f"{second:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("path", ["/graphql", "/v2/pods"])
def test_a_wrong_key_is_refused(runpod: RunpodDouble, path: str) -> None:
    """Both interfaces answer 401."""
    method = "POST" if path == "/graphql" else "GET"
    headers = {"Authorization": "Bearer rpa_WRONG"}

    answer = runpod._client.request(method, path, headers=headers, json={})

    assert answer.status_code == 401


def test_a_rented_pod_runs(runpod: RunpodDouble) -> None:
    """The name is the one asked for."""
    said = query(
        runpod,
        'mutation { podFindAndDeployOnDemand(input: {name: "gpu-new"}) { name } }',
    )

    assert said["data"]["podFindAndDeployOnDemand"]["name"] == "gpu-new"
    assert len(runpod.left()) == 1


def test_a_missing_package_is_said_with_its_cure(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names what to install."""
    monkeypatch.setattr(module, "INSTALLED", False)

    with pytest.raises(Unavailable, match=r"pip install 'debug-bot\[demo\]'"):
        RunpodDouble.start(ground)
