"""The gateway: keys and routes of a hosted project."""

import httpx
import pytest

from bot.demo.gateway import OPAQUE, Gateway, key
from bot.demo.postgres import Postgres

pytestmark = pytest.mark.postgrest


def _get(gateway: Gateway, path: str, **headers: str) -> httpx.Response:
    return gateway._client.get(path, headers=headers)


def test_a_service_key_sees_all(postgres: Postgres, gateway: Gateway) -> None:
    """It is sent twice, as the clients do."""
    postgres.sql("insert into workers (id) values ('w')")
    service = key("service_role")

    answer = _get(
        gateway,
        "/rest/v1/workers?select=id",
        apikey=service,
        Authorization=f"Bearer {service}",
    )

    assert answer.json() == [{"id": "w"}]


def test_a_new_style_key_is_exchanged(postgres: Postgres, gateway: Gateway) -> None:
    """An opaque secret key works like a service key."""
    postgres.sql("insert into workers (id) values ('w')")
    [opaque] = [name for name, role in OPAQUE.items() if role == "service_role"]

    answer = _get(gateway, "/rest/v1/workers?select=id", apikey=opaque)

    assert answer.json() == [{"id": "w"}]


def test_an_anonymous_key_sees_nothing(postgres: Postgres, gateway: Gateway) -> None:
    """And is not refused."""
    postgres.sql("insert into workers (id) values ('w')")
    anonymous = key("anon")

    answer = _get(
        gateway,
        "/rest/v1/workers",
        apikey=anonymous,
        Authorization=f"Bearer {anonymous}",
    )

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "No API key found in request"),
        ({"apikey": "eyJ.forged.key"}, "Invalid API key"),
        ({"apikey": key("service_role", secret="another" * 8)}, "Invalid API key"),
    ],
)
def test_a_wrong_key_is_refused_without_a_code(
    gateway: Gateway, headers: dict[str, str], message: str
) -> None:
    """The gateway's errors have no `code`, unlike the database's."""
    answer = _get(gateway, "/rest/v1/workers", **headers)

    assert answer.status_code == 401
    assert answer.json()["message"] == message
    assert "code" not in answer.json()


def test_an_expired_key_is_refused_behind_the_gateway(gateway: Gateway) -> None:
    """PostgREST says so, with its own code."""
    old = key("service_role", expires=1700000000)

    answer = _get(
        gateway, "/rest/v1/workers", apikey=old, Authorization=f"Bearer {old}"
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")


def test_there_is_nothing_else(gateway: Gateway) -> None:
    """Storage, functions and the like are not imitated."""
    answer = _get(gateway, "/functions/v1/claim-next-task")

    assert answer.status_code == 404


def test_keys_are_not_remembered(gateway: Gateway) -> None:
    """What was asked can be printed by a failing test."""
    service = key("service_role")
    _get(gateway, "/rest/v1/workers?limit=1", apikey=service, Authorization=service)

    [request] = gateway.requests()
    assert request["query"] == "limit=1"
    assert service not in str(request)
