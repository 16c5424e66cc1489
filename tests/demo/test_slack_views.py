"""Views keep their ids, change their hashes, and come back as they were meant."""

from typing import Any

from bot.demo.slack_views import ViewBook, selects, with_options

UPSTREAM = {
    "id": "V1",
    "root_view_id": "V1",
    "previous_view_id": None,
    "team_id": "T1",
    "app_id": "A1",
    "bot_id": "B1",
}
SELECT = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
INPUT = {"type": "input", "block_id": "b", "element": SELECT}
MEANT: dict[str, Any] = {"type": "modal", "external_id": "mine", "blocks": [INPUT]}
OPTION = {"text": {"type": "plain_text", "text": "one"}, "value": "1"}


def test_a_modal_keeps_its_id_and_changes_its_hash() -> None:
    """local-slack gives it a new one each time."""
    book = ViewBook()
    kept = book.opened("A1", "U1", MEANT, UPSTREAM)
    before = kept.hash
    book.changed(kept, {**MEANT, "blocks": []}, {**UPSTREAM, "id": "V2"})

    assert kept.shown["id"] == "V1"
    assert kept.shown["blocks"] == []
    assert kept.hash != before
    assert book.upstream("V2") is kept
    assert book.upstream("V1") is None


def test_a_modal_is_found_by_its_id_or_the_bots_own() -> None:
    """Only by the app that opened it."""
    book = ViewBook()
    kept = book.opened("A1", "U1", MEANT, UPSTREAM)

    assert book.named("A1", {"view_id": "V1"}) is kept
    assert book.named("A1", {"external_id": "mine"}) is kept
    assert book.named("A2", {"view_id": "V1"}) is None
    assert book.named("A1", {"view_id": "V9"}) is None


def test_a_home_tab_is_one_for_ever() -> None:
    """For each person and app."""
    book = ViewBook()
    first = book.published("A1", "U1", MEANT, UPSTREAM)
    second = book.published("A1", "U1", MEANT, {**UPSTREAM, "id": "V2"})

    assert first.id == second.id
    assert first.hash != second.hash


def test_what_is_sent_off_comes_back_as_it_was_meant() -> None:
    """The page had a static select; and then the modal is gone."""
    book = ViewBook()
    book.opened("A1", "U1", MEANT, UPSTREAM)
    state = {"values": {"b": {"pick": {"type": "static_select", "value": "1"}}}}
    payload = {"type": "view_submission", "view": {"id": "V1", "state": state}}
    view = book.restored(payload)["view"]

    assert view["blocks"] == [INPUT]
    assert view["state"]["values"]["b"]["pick"]["type"] == "external_select"
    assert book.modals == {}


def test_an_unknown_view_is_left_as_it_is() -> None:
    """It is another app's."""
    payload = {"type": "view_submission", "view": {"id": "V9"}}

    assert ViewBook().restored(payload) is payload


def test_selects_are_drawn_with_their_options() -> None:
    """Wherever they stand."""
    view = {"blocks": [INPUT, {"type": "actions", "elements": [SELECT]}]}
    drawn = with_options(view, {"pick": [OPTION]})
    [first, second] = drawn["blocks"]

    assert len(selects(view)) == 2
    assert selects(drawn) == []
    assert first["element"]["options"] == second["elements"][0]["options"] == [OPTION]


def test_a_view_that_local_slack_never_saw_has_an_id() -> None:
    """Slack made it up."""
    kept = ViewBook().opened("A1", "U1", MEANT, None)

    assert kept.shown["id"].startswith("V")
    assert kept.upstream_id is None
