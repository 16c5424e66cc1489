"""What the product says of cases that were saved, from rows to words."""

import ast
import json
import re
from pathlib import Path

import pytest

from bot import rules
from bot.rules.book import book
from bot.wiring import commands
from bot.words import read
from tests.tools.cases import (
    Saved,
    answers,
    main,
    said,
    saved,
    without_case,
    written,
)

CASES = {case.name: case for case in saved()}


@pytest.mark.parametrize("name", sorted(CASES))
async def test_a_case_is_told_as_it_was_approved(name: str) -> None:
    """In every word; `python -m tests.tools.cases` renews what was meant to change."""
    case = CASES[name]

    assert await said(case) == dict(case.asked)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_case_is_called_as_a_rule_and_laid_out_for_readers(name: str) -> None:
    """A row is a line; the story is told in a sentence."""
    case = CASES[name]

    assert case.rule in book(case.system).rules
    assert case.path.read_text() == written(case.content)
    assert case.content["about"].endswith(".")


@pytest.mark.parametrize("system", ["octollm", "reigh"])
def test_every_rule_has_a_case(system: str) -> None:
    """In which somebody who asks hears of it."""
    assert not without_case(CASES.values(), system)


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_may_be_several_says_how_they_are_called(name: str) -> None:
    """A plural, for one line that tells of many; of one orchestrator there is none."""
    case = CASES[name]
    found = [
        each
        for asked in case.asked.values()
        for each in asked
        if each["rule"] == case.rule
    ]
    one = {"orchestrator", "fleet", "queue", "database"}

    assert all(
        book(case.system).several(each["rule"])
        or each["subject"].split()[0] in one
        or each["subject"] == "worker reflex-layer"
        for each in found
    )


def test_a_rule_that_nobody_knows_has_no_plural() -> None:
    """Such as one of a test."""
    assert book("reigh").several("xyzzy") == ""


def test_a_case_that_never_hears_its_rule_is_none() -> None:
    """Whatever else is found in it."""
    asked = {"health": [{"rule": "crashed-worker"}]}
    named = Saved(path=Path("reigh/stuck-task.late.json"), content={"asked": asked})
    heard = Saved(path=Path("reigh/crashed-worker.json"), content={"asked": asked})
    rest = set(book("reigh").rules) - {"crashed-worker"}

    assert without_case([named, heard], "reigh") == rest


def test_a_misspelt_column_is_refused(tmp_path: Path) -> None:
    """It would be taken for one that is left out."""
    content = {"now": "2026-01-31T12:00:00+00:00", "workers": [{"state": "active"}]}
    case = Saved(path=tmp_path / "x.json", content=content)

    with pytest.raises(AssertionError, match="state"):
        case.tables()


@pytest.mark.parametrize(
    ("part", "held", "named"),
    [
        ("tasks", [{"id": "a", "state": "PENDING"}], "state"),
        ("line", ["x"], "line"),
    ],
)
async def test_a_misspelt_part_of_services_is_refused(
    part: str, held: object, named: str
) -> None:
    """It would be taken for one that is left out as well."""
    asked = {"now": "2026-01-31T12:00:00+00:00", "asked": {"health": []}}
    case = Saved(path=Path("octollm/x.json"), content={**asked, part: held})

    with pytest.raises(AssertionError, match=named):
        await answers(case)


def test_what_is_expected_can_be_renewed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The difference is printed; a second time there is none."""
    case = CASES["reigh/crashed-worker"]
    asked = dict.fromkeys(case.asked, ())
    home = tmp_path / "reigh"
    home.mkdir()
    path = home / "crashed-worker.json"
    path.write_text(written({**case.content, "asked": asked}))

    main(["--home", str(home)])

    assert json.loads(path.read_text()) == case.content
    assert '+        "rule": "crashed-worker",' in capsys.readouterr().out
    main(["--home", str(home)])
    assert capsys.readouterr().out == ""


def test_all_can_be_read_with_what_is_advised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As people hear it; nothing is changed."""
    case = CASES["reigh/stopped-pod"]
    before = case.path.read_text()

    main(["--read", "--home", str(case.path.parent)])

    assert "ends it, if nobody means to start it again" in capsys.readouterr().out
    assert case.path.read_text() == before


# What a remedy names, and why nothing is to be typed.
NAMED = re.compile(r"(?:worker (?:terminate|forget)|runpod terminate|task requeue) \S+")
NOTHING = re.compile(r"\b(wait|look again|by hand|where it is deployed|no command)\b")


@pytest.mark.parametrize("name", sorted(CASES))
async def test_every_remedy_leads_on(name: str) -> None:
    """To words that can be typed, or to an offer, or it says why there are none.

    In the answer about it a finding names no question: that one was asked already.
    """
    bare = []
    for report in (await answers(CASES[name])).values():
        offers = [ask.words for ask in report.asks if ask.label.endswith("…")]
        for each in report.findings:
            leads = [each.ask] if each.ask else [*NAMED.findall(each.remedy), *offers]
            for words in leads:
                reading = read(words.split(), commands(), now=CASES[name].now)
                assert sorted(reading.words) == sorted(words.split())
            if not leads and not NOTHING.search(each.remedy):
                bare.append((report.words, each.rule, each.remedy))

    assert not bare


def test_every_finding_of_the_book_names_what_to_ask_next() -> None:
    """Wherever a rule makes one, it says so in the code."""
    home = Path(rules.__file__).parent
    bare = [
        path.name
        for path in sorted(home.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Finding"
        and not {"ask", "remedy"} <= {each.arg for each in node.keywords}
    ]

    # The book's own, that a rule broke: nothing that can be typed mends it.
    assert bare == ["book.py"]
