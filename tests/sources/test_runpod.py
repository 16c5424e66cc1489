"""RunPod's own SDK against a double that checks what it is asked."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bot.demo import pods
from bot.demo.faults import Fault
from bot.demo.runpod_double import RunpodDouble
from bot.demo.stack import Stack
from bot.domain.errors import NotAsked, NotConfigured, Refused, SourceDown, Uncertain
from bot.domain.pods import Pod, PodId
from bot.sources import runpod
from bot.sources.runpod import RunPod, RunPodPower

POD = PodId("abc123def456gh")
NAME = "gpu-20260131_110000-0a1b2c3d"
HIDDEN = "eyMADEUPMADEUP"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Return a stack of nothing but RunPod's double."""
    with Stack(postgres=False, slack=False) as stack:
        if stack.runpod is None:
            pytest.skip("; ".join(each.reason for each in stack.missing))
        yield stack


@pytest.fixture
def double(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> RunpodDouble:
    """Return the double, where the SDK looks for RunPod, without pods and faults."""
    assert stack.runpod is not None
    stack.runpod.calm()
    stack.runpod.load()
    monkeypatch.setenv("RUNPOD_API_BASE_URL", stack.runpod.url)
    return stack.runpod


def _a_pod(**given: Any) -> pods.Pod:
    values: dict[str, Any] = {
        "id": POD,
        "name": NAME,
        "created_at": datetime(2026, 1, 31, 11, 0, tzinfo=UTC),
    }
    return pods.Pod(**(values | given))


def _answer(*records: object) -> Fault:
    return Fault(
        status=200, body=json.dumps({"data": {"myself": {"pods": list(records)}}})
    )


async def _the_pod(double: RunpodDouble, **fields: Any) -> Pod:
    double.faults(_answer({"id": POD, "name": NAME, **fields}))
    [pod] = await RunPod(double.key).all()
    return pod


async def test_each_question_is_measured(double: RunpodDouble) -> None:
    """What came of it, and how long it took."""
    heard: list[tuple[str, str]] = []

    def observe(source: str, outcome: str, seconds: float) -> None:
        assert seconds > 0
        heard.append((source, outcome))

    cloud = RunPod(double.key, observe=observe)
    await cloud.all()
    double.faults(Fault(status=500))
    with pytest.raises(SourceDown):
        await cloud.all()

    assert heard == [("runpod", "answered"), ("runpod", "failed")]


async def test_all_pods_are_listed_with_what_we_need(double: RunpodDouble) -> None:
    """Running and stopped ones; the age is in the name."""
    double.load(_a_pod(), _a_pod(id="xyz2", name="mine", status="EXITED"))

    first, second = await RunPod(double.key).all()

    assert (first.id, first.name, first.status) == (POD, NAME, "RUNNING")
    assert first.cost_per_hour_usd == 0.69
    assert first.named_at == datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
    assert first.uptime is not None
    assert first.gpu == "GeForce RTX 4090"
    assert (second.status, second.running) == ("EXITED", False)
    assert (second.named_at, second.uptime) == (None, None)


async def test_no_pods_are_an_answer(double: RunpodDouble) -> None:
    """An empty account is not an error."""
    assert await RunPod(double.key).all() == []


async def test_one_pod_is_found_by_its_id(double: RunpodDouble) -> None:
    """As it is now."""
    double.load(_a_pod())

    pod = await RunPod(double.key).get(POD)

    assert pod is not None
    assert pod.id == POD


async def test_a_pod_that_is_gone_is_none(double: RunpodDouble) -> None:
    """That is an answer too."""
    assert await RunPod(double.key).get(PodId("gone1")) is None


async def test_secrets_of_a_pod_never_leave(double: RunpodDouble) -> None:
    """Neither its environment nor its arguments."""
    double.load(_a_pod(environment={"SUPABASE_SERVICE_ROLE_KEY": HIDDEN}))

    [pod] = await RunPod(double.key).all()

    assert HIDDEN not in repr(pod)
    assert {"env", "docker_args"}.isdisjoint(Pod.__slots__)


async def test_arguments_of_a_pod_never_leave(double: RunpodDouble) -> None:
    """People put tokens there."""
    pod = await _the_pod(double, dockerArgs=f"--token {HIDDEN}", env=[f"A={HIDDEN}"])

    assert HIDDEN not in repr(pod)


UNSAFE = (
    'a"}) { id } } #',
    'x"}) {id} b: pod(input: {podId: "y',
    'x"}) b: podTerminate(input: {podId: "y',
    "",
    "ABC",
    "a b",
    "a\n",
    "a" * 65,
    "é",
)


@pytest.mark.parametrize("id", UNSAFE)
async def test_an_id_with_other_signs_is_never_sent(
    double: RunpodDouble, id: str
) -> None:
    """The SDK pastes it into its query (TESTBED, 3.1)."""
    with pytest.raises(SourceDown, match="was not asked"):
        await RunPod(double.key).get(PodId(id))

    assert double.requests() == []


async def test_without_a_key_it_is_not_configured(double: RunpodDouble) -> None:
    """Nothing is asked, and the setting is named."""
    for key in (None, ""):
        with pytest.raises(NotConfigured, match="RUNPOD_API_KEY"):
            await RunPod(key).all()

    assert double.requests() == []


async def test_a_wrong_key_is_named(double: RunpodDouble) -> None:
    """By its setting, never by its text."""
    with pytest.raises(SourceDown) as raised:
        await RunPod("rpa_WRONGWRONG").all()

    assert raised.value.message == "refused the key in RUNPOD_API_KEY"
    assert raised.value.hint
    assert raised.value.source == "runpod"


NO_JSON = "answered with text that is not JSON, as a gateway in trouble does"
HTML = "<html><body>Bad gateway</body></html>"
REFUSED = '{"errors": [{"message": "Something went wrong"}]}'


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param(
            Fault(status=403, body='{"message": "no"}'),
            "answered without pods, as when it is asked too often or is in trouble",
            id="403",
        ),
        pytest.param(
            Fault(status=429, body='{"message": "slow down"}'),
            "answered without pods, as when it is asked too often or is in trouble",
            id="429",
        ),
        pytest.param(
            Fault(status=500, body='{"message": "oh"}'),
            "answered without pods, as when it is asked too often or is in trouble",
            id="500",
        ),
        pytest.param(
            Fault(status=502, body=HTML),
            "answered with HTTP status 502",
            id="502 in HTML",
        ),
        pytest.param(
            Fault(status=500, body=""), "answered with HTTP status 500", id="empty"
        ),
        pytest.param(
            Fault(status=429, body="slow down"),
            "asks to be asked less often (429)",
            id="429 in text",
        ),
        pytest.param(
            Fault(status=200, body=HTML),
            NO_JSON,
            id="200 in HTML",
        ),
        pytest.param(
            Fault(status=200, body='{"data": null}'),
            "answered with an error instead of pods (TypeError)",
            id="no data",
        ),
        pytest.param(
            Fault(status=200, body='{"data": {"myself": null}}'),
            "answered with an error instead of pods (TypeError)",
            id="nobody",
        ),
        pytest.param(
            Fault(status=200, body='{"errors": []}'),
            "answered with an error instead of pods (IndexError)",
            id="no errors",
        ),
        pytest.param(
            Fault(status=200, body=REFUSED),
            "refused the question: Something went wrong",
            id="an error",
        ),
        pytest.param(Fault(reset=True), "cannot be reached", id="reset"),
        pytest.param(
            Fault(status=200, body='{"data": {"myself": {"pods": {}}}}'),
            "answered something that is not a list of pods",
            id="no list",
        ),
        pytest.param(_answer("a"), "answered something that is not a pod", id="text"),
        pytest.param(
            _answer({"name": "a"}), "answered something that is not a pod", id="no id"
        ),
        pytest.param(
            _answer({"id": 7}), "answered something that is not a pod", id="odd id"
        ),
    ],
)
async def test_every_failure_is_one_calm_line(
    double: RunpodDouble, fault: Fault, message: str
) -> None:
    """Whatever the SDK makes of it; the cause is kept for the log."""
    double.load(_a_pod())
    double.faults(fault)

    with pytest.raises(SourceDown) as raised:
        await RunPod(double.key).all()

    assert raised.value.message == message
    assert raised.value.source == "runpod"


async def test_a_failure_befalls_one_request_only(double: RunpodDouble) -> None:
    """The next question is asked anew."""
    double.load(_a_pod())
    double.faults(Fault(status=500, body="{}"))

    with pytest.raises(SourceDown):
        await RunPod(double.key).all()

    assert len(await RunPod(double.key).all()) == 1


async def test_a_single_pod_fails_in_the_same_ways(double: RunpodDouble) -> None:
    """A failure must not look like a pod that is gone."""
    double.faults(Fault(status=200, body='{"data": null}'))

    with pytest.raises(SourceDown):
        await RunPod(double.key).get(POD)


async def test_a_closed_port_cannot_be_reached(
    double: RunpodDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's error would quote its whole address."""
    monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://127.0.0.1:9")

    with pytest.raises(SourceDown) as raised:
        await RunPod(double.key).all()

    assert raised.value.message == "cannot be reached"


async def test_a_slow_answer_is_not_waited_for(
    double: RunpodDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the thread that still waits hold the program back at its end."""
    monkeypatch.setattr(runpod, "SECONDS", 0.05)
    double.faults(Fault(delay=0.5))

    with pytest.raises(SourceDown, match=r"did not answer within 0\.05 s"):
        await RunPod(double.key).all()

    waiting = [each for each in threading.enumerate() if each.name == "runpod"]
    assert waiting
    assert all(each.daemon for each in waiting)
    for each in waiting:
        each.join()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (requests.ReadTimeout(), "did not answer in time"),
        (requests.Timeout(), "did not answer in time"),
        (requests.ConnectTimeout(), "cannot be reached"),
        (requests.exceptions.SSLError(), "cannot be reached"),
        (requests.exceptions.ProxyError(), "cannot be reached"),
        (ModuleNotFoundError(), "cannot be asked: its SDK is not installed"),
        (requests.exceptions.JSONDecodeError("odd", "", 0), NO_JSON),
        (
            requests.exceptions.ChunkedEncodingError(),
            "answered with an error instead of pods (ChunkedEncodingError)",
        ),
    ],
)
def test_errors_of_the_sdk_are_understood_by_name(
    error: Exception, message: str
) -> None:
    """Its modules are not imported to compare."""
    assert runpod._explained(error).message == message


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (0.69, 0.69),
        ("0.74", 0.74),
        (0, 0.0),
        (None, None),
        ("dear", None),
        (-1, None),
        (10**400, None),
    ],
)
async def test_a_cost_is_what_a_number_says(
    double: RunpodDouble, told: object, meant: float | None
) -> None:
    """In one of RunPod's own examples it is a text (TESTBED, 3.2)."""
    pod = await _the_pod(double, costPerHr=told)

    assert pod.cost_per_hour_usd == meant


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (60, timedelta(minutes=1)),
        (-60, timedelta(minutes=1)),
        (0, None),
        (None, None),
        ("60", None),
        (True, None),
        (10**11, None),
    ],
)
async def test_an_uptime_right_after_a_start_is_odd(
    double: RunpodDouble, told: object, meant: timedelta | None
) -> None:
    """It can be negative or nothing (TESTBED, 3.2)."""
    pod = await _the_pod(double, uptimeSeconds=told)

    assert pod.uptime == meant


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("gpu-20260131_110000-0a1b2c3d", datetime(2026, 1, 31, 11, tzinfo=UTC)),
        ("gpu_20260131_110000", datetime(2026, 1, 31, 11, tzinfo=UTC)),
        ("manual-gpu-20260131_110000-0a1b2c3d", datetime(2026, 1, 31, 11, tzinfo=UTC)),
        ("gpu-20261331_110000-0a1b2c3d", None),
        ("straightforward_cyan_aardwolf", None),
        (None, None),
    ],
)
async def test_our_names_tell_when_a_pod_was_made(
    double: RunpodDouble, name: str | None, at: datetime | None
) -> None:
    """The SDK does not (systems/reigh.md, 0.11)."""
    pod = await _the_pod(double, name=name)

    assert pod.named_at == at
    assert pod.name == (name or "")


@pytest.mark.parametrize(
    ("told", "meant"),
    [("RUNNING", "RUNNING"), ("MELTING", "MELTING"), (None, "UNKNOWN"), (3, "UNKNOWN")],
)
async def test_a_status_is_kept_as_text(
    double: RunpodDouble, told: object, meant: str
) -> None:
    """Words that nobody knows yet may be billing."""
    pod = await _the_pod(double, desiredStatus=told)

    assert pod.status == meant
    assert pod.running


@pytest.mark.parametrize("machine", [None, "fast", {}, {"gpuDisplayName": 4090}])
async def test_a_gpu_that_is_not_told_is_none(
    double: RunpodDouble, machine: object
) -> None:
    """A starting pod has no machine yet."""
    pod = await _the_pod(double, machine=machine)

    assert pod.gpu is None


# --- what ends a pod ----------------------------------------------------------------


async def _end(double: RunpodDouble, id: str = POD) -> None:
    await RunPodPower(double.key).terminate(PodId(id))


async def test_a_pod_is_ended_with_one_request(double: RunpodDouble) -> None:
    """Nothing else is asked, and no other pod ends."""
    double.load(_a_pod(), _a_pod(id="xyz2"))

    await _end(double)

    assert double.left() == {"xyz2"}
    [asked] = double.requests()
    assert asked["body"].count("podTerminate") == 1
    assert POD in asked["body"]


async def test_a_stopped_pod_is_ended_too(double: RunpodDouble) -> None:
    """Its volume is paid for until then."""
    double.load(_a_pod(status="EXITED"))

    await _end(double)

    assert double.left() == frozenset()


@pytest.mark.parametrize("id", UNSAFE)
async def test_an_id_with_other_signs_ends_nothing(
    double: RunpodDouble, id: str
) -> None:
    """A crafted one ended two pods at once (TESTBED, 3.1)."""
    double.load(_a_pod(id="x"), _a_pod(id="y"))

    with pytest.raises(NotAsked, match="was not asked"):
        await _end(double, id)

    assert double.requests() == []
    assert double.left() == {"x", "y"}


async def test_nothing_ends_without_a_key(double: RunpodDouble) -> None:
    """The setting is named."""
    with pytest.raises(NotConfigured, match="RUNPOD_API_KEY"):
        await RunPodPower(None).terminate(POD)

    assert double.requests() == []


async def test_nothing_ends_with_a_wrong_key(double: RunpodDouble) -> None:
    """It may be one that can only read."""
    double.load(_a_pod())

    with pytest.raises(SourceDown) as raised:
        await RunPodPower("rpa_WRONGWRONG").terminate(POD)

    assert type(raised.value) is SourceDown
    assert raised.value.message == "refused the key in RUNPOD_API_KEY"
    assert raised.value.hint == "is the key still valid, and may it change pods?"
    assert double.left() == {POD}


async def test_a_locked_pod_is_not_ended(double: RunpodDouble) -> None:
    """The cloud's own words tell why."""
    double.load(_a_pod(locked=True))

    with pytest.raises(Refused) as raised:
        await _end(double)

    assert raised.value.message == "said no: pod is locked"
    assert raised.value.source == "runpod"
    assert double.left() == {POD}


async def test_a_pod_that_is_gone_cannot_be_ended(double: RunpodDouble) -> None:
    """Of two who end it at once, one is told so."""
    with pytest.raises(Refused, match="said no: pod not found"):
        await _end(double, "gone1")


def _said(*errors: object) -> Fault:
    return Fault(status=200, body=json.dumps({"errors": list(errors)}))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (_said({"message": "Not\n  now.\t"}), "said no: Not now."),
        (_said({"message": "a" * 500}), "said no: " + "a" * 120),
        (_said({"message": "one"}, {"message": "two"}), "said no: one"),
        (_said({"message": None}), "said no, without a reason"),
        (_said({"message": " "}), "said no, without a reason"),
        (
            Fault(status=400, body='{"errors": [{"message": "no"}], "data": null}'),
            "said no: no",
        ),
    ],
)
async def test_a_refusal_is_one_short_line(
    double: RunpodDouble, fault: Fault, message: str
) -> None:
    """Of the first of its errors."""
    double.load(_a_pod())
    double.faults(fault)

    with pytest.raises(Refused) as raised:
        await _end(double)

    assert raised.value.message == message


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(status=403, body='{"message": "no"}'), "KeyError"),
        (Fault(status=429, body='{"message": "slow down"}'), "KeyError"),
        (Fault(status=500, body='{"message": "oh"}'), "KeyError"),
        (Fault(status=502, body=HTML), "answered with HTTP status 502"),
        (Fault(status=200, body=HTML), NO_JSON),
        (Fault(status=200, body=""), NO_JSON),
        (Fault(status=200, body='{"data": null}'), "TypeError"),
        (Fault(status=200, body='{"data": {}}'), "KeyError"),
        (Fault(status=200, body='{"errors": []}'), "IndexError"),
        (Fault(status=200, body='{"errors": null}'), "TypeError"),
        (Fault(status=200, body='{"errors": [{}]}'), "KeyError"),
        (Fault(status=200, body="[]"), "TypeError"),
        (Fault(reset=True), "ConnectionError"),
        (Fault(truncate=5), "ChunkedEncodingError"),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["not done", "done"])
async def test_any_other_answer_leaves_it_uncertain(
    double: RunpodDouble, fault: Fault, why: str, *, late: bool
) -> None:
    """Both befall: the end of a pod that is ended, and of one that is not."""
    double.load(_a_pod())
    double.faults(dataclasses.replace(fault, late=late and fault.truncate is None))

    with pytest.raises(Uncertain) as raised:
        await _end(double)

    message = f"did not say whether it ended the pod ({why})"
    assert raised.value.message == message
    assert raised.value.source == "runpod"
    assert len(double.requests()) == 1


async def test_what_is_no_longer_waited_for_is_uncertain(
    double: RunpodDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pod ends all the same."""
    monkeypatch.setattr(runpod, "SECONDS", 0.1)
    double.load(_a_pod())
    double.faults(Fault(delay=0.5))

    with pytest.raises(Uncertain, match=r"\(did not answer within 0\.1 s\)"):
        await _end(double)

    for each in threading.enumerate():
        if each.name == "runpod":
            each.join()
    assert double.left() == frozenset()


async def test_the_sdk_itself_takes_any_answer_for_a_success(
    double: RunpodDouble,
) -> None:
    """Why we call its two halves; once this fails, `terminate_pod` will do."""
    sdk = runpod._sdk()
    sdk.api_key = double.key
    double.load(_a_pod())
    double.faults(Fault(status=429, body='{"message": "slow down"}'))

    assert sdk.terminate_pod(POD) is None
    assert double.left() == {POD}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://127.0.0.1:9", "cannot be reached"),
        ("http://no-such-host.invalid", "cannot be reached"),
        ("nonsense", "could not be asked (MissingSchema)"),
        ("ftp://127.0.0.1", "could not be asked (InvalidSchema)"),
        ("http://", "could not be asked (InvalidURL)"),
    ],
)
async def test_what_never_left_is_not_uncertain(
    double: RunpodDouble, monkeypatch: pytest.MonkeyPatch, address: str, message: str
) -> None:
    """Nobody has to look whether a pod ended that nobody was told to end."""
    monkeypatch.setenv("RUNPOD_API_BASE_URL", address)

    with pytest.raises(SourceDown) as raised:
        await _end(double)

    assert type(raised.value) is SourceDown
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("error", "unsent"),
    [
        (requests.ConnectTimeout(), True),
        (requests.ReadTimeout(), False),
        (requests.Timeout(), False),
        (requests.ConnectionError(), False),
        (requests.ConnectionError("reset"), False),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), True),
        (requests.exceptions.SSLError("DECRYPTION_FAILED"), False),
        (requests.exceptions.ProxyError(), True),
        (requests.exceptions.InvalidHeader(), True),
        (ModuleNotFoundError(), True),
        (UnicodeDecodeError("utf-8", b"", 0, 1, ""), False),
        (KeyError("data"), False),
    ],
)
def test_only_what_surely_never_left_counts_as_unsent(
    error: Exception, *, unsent: bool
) -> None:
    """Doubt is told as doubt."""
    assert runpod._unsent(error) is unsent


async def test_a_key_that_no_header_can_carry_never_left(double: RunpodDouble) -> None:
    """Copied together with what stood around it."""
    for key in ("“quoted”", "two\nlines"):
        with pytest.raises(SourceDown) as raised:
            await RunPodPower(key).terminate(POD)
        assert type(raised.value) is SourceDown

    assert double.requests() == []


# --- which pods are locked ----------------------------------------------------------


async def test_locked_pods_are_named(double: RunpodDouble) -> None:
    """No other field is asked for: not their secrets."""
    double.load(_a_pod(), _a_pod(id="xyz2", locked=True))

    assert await RunPodPower(double.key).locked() == {"xyz2"}
    [asked] = double.requests()
    assert json.loads(asked["body"])["query"] == (
        "query lockedPods { myself { pods { id locked } } }"
    )


@pytest.mark.parametrize("told", [None, "true", 1])
async def test_a_lock_that_is_not_told_is_none(
    double: RunpodDouble, told: object
) -> None:
    """The field may be empty."""
    double.faults(_answer({"id": POD, "locked": told}, {"id": "xyz2", "locked": True}))

    assert await RunPodPower(double.key).locked() == {"xyz2"}


@pytest.mark.parametrize(
    "fault",
    [
        _said({"message": 'Cannot query field "locked" on type "Pod".'}),
        Fault(status=429, body='{"message": "slow down"}'),
        Fault(status=502, body=HTML),
        Fault(status=200, body='{"data": {"myself": {"pods": null}}}'),
        Fault(status=200, body='{"data": {"myself": null}}'),
        _answer(None),
        _answer({"locked": True}),
        Fault(reset=True),
    ],
)
async def test_locks_that_nobody_can_tell_are_no_empty_list(
    double: RunpodDouble, fault: Fault
) -> None:
    """It must not look as if all were free."""
    double.faults(fault)

    with pytest.raises(SourceDown) as raised:
        await RunPodPower(double.key).locked()

    assert not isinstance(raised.value, Refused | Uncertain)


async def test_locks_are_not_asked_for_without_a_key(double: RunpodDouble) -> None:
    """The setting is named."""
    with pytest.raises(NotConfigured, match="RUNPOD_API_KEY"):
        await RunPodPower("").locked()

    assert double.requests() == []
