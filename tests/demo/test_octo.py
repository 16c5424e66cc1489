"""A made-up OctoLLM while it is made."""

import json

from bot.demo.octo import ORCHESTRATOR, Octo
from tests.demo.times import NOON
from tests.sources.octollm.samples import JSON


def test_lines_have_no_field_that_the_real_ones_do_not() -> None:
    """Of every event that a real run wrote as well."""
    known: dict[str, set[str]] = {}
    for line in JSON.read_text().splitlines():
        doc = json.loads(line)
        known.setdefault(doc["event"], set()).update(doc)
    octo = Octo(NOON)
    octo.uncaught(octo.ago(minutes=1), "ValueError", "no")

    for line in octo.log().splitlines():
        doc = json.loads(line)
        assert doc.keys() <= known[doc["event"]], doc["event"]


def test_both_forms_tell_the_same() -> None:
    """The code's own form bears local time and no zone, to the second."""
    told = []
    for structured in (True, False):
        octo = Octo(NOON, structured=structured, zone="America/New_York")
        octo.say(octo.ago(seconds=9), "error", "x.y", error="a 'b'\nc", n=1, ok=True)
        told.append(octo.log().splitlines()[-1])

    assert json.loads(told[0])["timestamp"] == "2026-01-31T11:59:51.000000Z"
    assert told[1].startswith("2026-01-31 06:59:51 [error    ] x.y   ")
    assert told[1].endswith(""" error="a 'b'\\nc" n=1 ok=True""")
    assert "\n" not in told[1]


def test_what_is_yet_to_come_is_not_written() -> None:
    """It is once its time has come; lines are in order."""
    octo = Octo(NOON)
    octo.say(octo.ago(seconds=-5), "info", "later")
    octo.say(octo.ago(hours=1), "info", "earlier")

    before = octo.log()
    octo.now = octo.ago(seconds=-6)

    assert "later" not in before
    assert json.loads(before.splitlines()[0])["event"] == "earlier"
    assert "later" in octo.log()


def test_an_orchestrator_may_be_unready() -> None:
    """Its /health does not say so."""
    octo = Octo(NOON)

    octo.unready(database=False)

    told = octo.answers[ORCHESTRATOR]
    assert (told["/health"].status, told["/ready"].status) == (200, 503)
    checks = told["/ready"].body["error"]["checks"]
    assert checks == {"database": False, "reflex_layer": True}


def test_a_database_holds_what_was_submitted() -> None:
    """All but the newest are done by now, and it is told how long each took."""
    octo = Octo(NOON, database=True)
    young = octo.submit(octo.ago(seconds=1))
    octo.submit(octo.ago(seconds=20), stored=False)

    assert octo.rows is not None
    assert len(octo.rows) == 61
    pending = [it for it in octo.rows if it["status"] == "PENDING"]
    assert pending[-1]["id"] == young
    assert len(pending) < 3
    done = {it["id"] for it in octo.rows if it["status"] == "COMPLETED"}
    assert {it["task_id"] for it in octo.results} == done
    assert all(5000 <= it["processing_time_ms"] <= 50_000 for it in octo.results)


def test_without_a_database_nothing_is_stored() -> None:
    """The task has an id all the same."""
    octo = Octo(NOON)

    assert octo.row("FAILED", octo.ago(minutes=1))
    assert octo.rows is None
    assert octo.results == []
