"""ClickHouse's HTTP interface before the real engine."""

from pathlib import Path

import httpx
import pytest

from bot.demo import clickhouse as module
from bot.demo.clickhouse import SUMMARY, ClickHouse
from bot.demo.ground import Ground, Unavailable
from tests.engines import TABLES
from tests.engines import clickhouse as clickhouse  # noqa: PLC0414  a fixture

pytestmark = pytest.mark.clickhouse
PAGE = Path(__file__).parents[2] / "docs" / "many-logs.md"


def ask(server: ClickHouse, question: str, **given: str) -> httpx.Response:
    """Ask as the reader."""
    headers = {
        "X-ClickHouse-User": server.user,
        "X-ClickHouse-Key": server.password,
        "Content-Type": "text/plain",
    }
    return server._client.post("/", params=given, content=question, headers=headers)


@pytest.mark.parametrize("file", ["table.sql", "octollm.sql"])
def test_the_readme_shows_what_tests_run(file: str) -> None:
    """Somebody will copy it."""
    assert (TABLES / file).read_text() in PAGE.read_text()


def test_the_readme_s_table_can_be_made_and_filled(clickhouse: ClickHouse) -> None:
    """As it stands there; what is left out has a default."""
    clickhouse.execute((TABLES / "table.sql").read_text())
    clickhouse.execute(
        "INSERT INTO logs (system, timestamp, source, message)"
        " VALUES ('agents', now(), 'brain', 'Hello')"
    )

    told = clickhouse.execute("SELECT level, length(id), searched, cycle FROM logs")

    assert told == "INFO\t36\thello\t\\N\n"


def test_a_question_is_answered_with_what_it_read(clickhouse: ClickHouse) -> None:
    """In the form that is asked for."""
    answer = ask(
        clickhouse,
        "SELECT {a:String} AS a FROM numbers(3)",
        default_format="JSONEachRow",
        param_a="x",
        max_result_rows="3",
    )

    assert answer.text == '{"a":"x"}\n' * 3
    assert answer.headers[SUMMARY] == '{"read_rows": "3"}'


@pytest.mark.parametrize(
    ("question", "given", "status", "code"),
    [
        ("SELECT nothing", {}, 404, "47"),
        ("SELECT 1 FROM nowhere", {}, 404, "60"),
        ("SELECT (1", {}, 400, "62"),
        ("SELECT number FROM numbers(9)", {"max_result_rows": "3"}, 500, "396"),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", {}, 500, "164"),
        ("SELECT 1", {"readonly": "1"}, 500, "164"),
    ],
)
def test_errors_have_their_codes_and_statuses(
    clickhouse: ClickHouse, question: str, given: dict[str, str], status: int, code: str
) -> None:
    """As the server's."""
    answer = ask(clickhouse, question, **given)

    assert answer.status_code == status
    assert answer.headers["X-ClickHouse-Exception-Code"] == code
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_a_failed_question_leaves_nothing_for_the_next(clickhouse: ClickHouse) -> None:
    """The engine in a process keeps what it had written by then."""
    for _ in range(3):
        failed = ask(
            clickhouse,
            "SELECT throwIf(number = 99999) FROM numbers(100000)",
            max_block_size="10",
        )
        assert failed.status_code == 500
        assert ask(clickhouse, "SELECT 7").text == "7\n"


def test_a_stranger_is_not_let_in(clickhouse: ClickHouse) -> None:
    """With the code that the server has for it."""
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": "guessed"}

    answer = clickhouse._client.post("/", content="SELECT 1", headers=headers)

    assert answer.status_code == 403
    assert answer.headers["X-ClickHouse-Exception-Code"] == "516"


def test_it_says_that_it_is_there(clickhouse: ClickHouse) -> None:
    """As probes ask."""
    assert clickhouse._client.get("/ping").text == "Ok.\n"


def test_a_wrong_statement_of_a_test_is_told(clickhouse: ClickHouse) -> None:
    """Not lost."""
    with pytest.raises(RuntimeError, match="Code: 60"):
        clickhouse.execute("DROP TABLE nothing")


def test_without_the_engine_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then tests that need it are skipped."""
    monkeypatch.setattr(module, "INSTALLED", False)

    with Ground() as ground, pytest.raises(Unavailable, match="pip install chdb-core"):
        ClickHouse.start(ground)
