import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.redaction import HIDDEN
from bot.sources.octollm.discretion import discreet, flat, goal, summary


@pytest.mark.parametrize(
    "text",
    [
        "{'matched_text': 'jo@example.org'}",
        '{"matched_text": "jo@example.org"}',
        r'{"detail": "{\"value\": \"jo@example.org\"}"}',
        "value='jo@example.org' position=0",
        "value=jo@example.org position=0",
        "examples=['jo@example.org', 'b'] count=2",
        'examples: "jo@example.org',
        r"'value': 'it\'s jo@example.org'",
        "INSERT\n[parameters: {'goal': 'mail jo@example.org', 'n': [1]}]\n(Background",
    ],
)
def test_what_people_wrote_is_hidden_in_any_text(text: str) -> None:
    """Python's and JSON's way of writing it, also where it is cut."""
    clean = discreet(text)

    assert "jo@example.org" not in clean
    assert HIDDEN in clean


@pytest.mark.parametrize(
    "text",
    [
        "input_value='success'",
        "Value error, Goal cannot be empty",
        "the values: 3",
        "key_value=1",
    ],
)
def test_other_words_with_these_letters_stay(text: str) -> None:
    """Rules read what a validation error got."""
    assert discreet(text) == text


def test_a_goal_is_cut_wherever_it_stands() -> None:
    """At fifty signs, as the program itself cuts it."""
    long = "a" * 60

    assert goal(long) == "a" * 50 + "…"
    assert goal("a" * 50) == "a" * 50
    assert discreet(f"goal='{long}' x=1") == f"goal='{'a' * 50}…' x=1"
    assert discreet(f'{{"goal": "{long}') == f'{{"goal": "{"a" * 50}…'
    assert flat({"goal": long}) == {"goal": "a" * 50 + "…"}


@pytest.mark.parametrize(
    "written",
    [
        "jo@example.org",
        "jo.doe+x@mail.example.co.uk",
        "123-45-6789",
        "4111 1111 1111 1111",
        "+49 (30) 123-4567",
    ],
)
def test_what_a_goal_tells_of_people_is_hidden(written: str) -> None:
    """Before it is cut, so that no half of it is left."""
    assert goal(f"Send it to {written} please") == f"Send it to {HIDDEN} please"
    assert written[:8] not in goal("x" * 45 + f" {written}")
    assert flat({"goal": written}) == {"goal": HIDDEN}
    assert written not in discreet(f"goal='to {written}' x=1")


@pytest.mark.parametrize(
    "text",
    ["sort 100 rows in 2026", "render 1920x1080 at 60", "use seed 42, 7 and 1.25"],
)
def test_numbers_of_the_work_itself_stay(text: str) -> None:
    """They tell what was to be done."""
    assert goal(text) == text


def test_addresses_are_hidden_in_any_text() -> None:
    """Errors quote what was sent; other numbers there are those of programs."""
    assert discreet("could not reach jo@example.org: 4111111111111112") == (
        f"could not reach {HIDDEN}: 4111111111111112"
    )


@pytest.mark.parametrize(
    "written",
    [
        "123-45-6789",
        "4111111111111111",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "3782 822463 10005",
        "+1 415-555-2671",
        "+14155552671",
        "+1.415.555.2671",
        "+49 (30) 123-4567",
        "(415) 555-2671",
        "415-555-2671",
    ],
)
def test_what_a_text_tells_of_people_is_hidden(written: str) -> None:
    """Wherever it stands: in a sentence, a query, a field, a result."""
    assert discreet(f"bad {written}.") == f"bad {HIDDEN}."
    assert discreet(f"/x?a={written}&b=1") == f"/x?a={HIDDEN}&b=1"
    assert flat({"error": written}) == {"error": HIDDEN}
    assert written not in summary({"said": [written]})
    assert written not in summary([{"said": written}])


@pytest.mark.parametrize(
    "text",
    [
        "88f5d3a0-1234-4567-8901-123456789012",
        "41111111-1111-4111-8111-111111111111",
        "1795840528123",
        "1795840528123456789",
        "trace 4111111111111112",
        "req-123-45-6789 and req-415-555-2671",
        "2026-11-28 04:35:28,123 at 10.0.0.5:8080",
        "2026-11-28T04:35:28.123456+0000 2026",
        "took 0.4111111111111111 s",
        "+123456 bytes, +12.5 %, +1.234567891234",
        "4111111111111111.5",
        "orchestrator-1f2a-000000000123",
    ],
)
def test_numbers_of_programs_stay(text: str) -> None:
    """Ids, times, sizes, addresses of machines."""
    assert discreet(text) == text


def test_an_id_is_no_number_of_a_card() -> None:
    """Though it were one by chance; elsewhere a whole number may be one."""
    card = 4111111111111111

    assert flat({"request_id": str(card)}) == {"request_id": str(card)}
    assert flat({"trace_id": card, "at": 1795840528123, "card": card}) == {
        "trace_id": card,
        "at": 1795840528123,
        "card": HIDDEN,
    }


@pytest.mark.parametrize("name", ["Value", "MATCHED_TEXT", "pii_value", "context"])
def test_a_name_counts_in_whatever_case(name: str) -> None:
    """And what surrounds a match holds it as well."""
    assert flat({name: "secret"}) == {name: HIDDEN}
    assert "secret" not in discreet(f"{{'{name}': 'a secret'}}")


def test_what_a_validation_refused_is_hidden_but_for_a_word() -> None:
    """Rules read the word; a blank text tells nothing of anybody."""
    assert discreet("input_value='my secret', input_type=str") == (
        f"input_value={HIDDEN}, input_type=str"
    )
    assert discreet("input_value='hunter2'") == f"input_value={HIDDEN}"
    assert discreet("input_value='   '") == "input_value='   '"
    assert discreet("text: none, in this context: 3") == (
        "text: none, in this context: 3"
    )


def test_a_dump_is_cut() -> None:
    """Its beginning says what it is."""
    assert len(discreet("x" * 10_000)) == 2_001


def test_fields_become_flat() -> None:
    """Under dotted names; of a list of things only its length is kept."""
    held = {
        "checks": {"database": False},
        "matches": [{"value": "jo@example.org"}],
        "needs": ["python", 3],
        "none": [],
        "value": "jo@example.org",
        "deep": {"a": {"b": {"c": {"d": {"e": 1}}}}},
        "left": None,
    }

    assert flat(held) == {
        "checks.database": False,
        "matches": 1,
        "needs": "python, 3",
        "none": 0,
        "value": HIDDEN,
        "deep.a.b.c.d": "dict not shown",
        "left": None,
    }


@pytest.mark.parametrize("held", [{"matched_text": "jo@x.org"}, "value='jo@x.org'"])
def test_a_result_is_told_without_what_people_wrote(held: object) -> None:
    """Whatever form it has."""
    assert "jo@x.org" not in summary(held)


def test_a_result_may_be_anything() -> None:
    """A list, a number, nothing."""
    assert [summary(each) for each in ([1, "a"], 3, {"code": "x"})] == [
        '[1, "a"]',
        "3",
        '{"code": "x"}',
    ]


@given(st.text(alphabet="value='\"\\[]{}:examples goal\n", max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    """Without an error, and at once."""
    assert isinstance(discreet(text), str)
