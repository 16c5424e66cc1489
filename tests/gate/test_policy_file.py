import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import Misread
from bot.domain.policy import CLOSED, Allow, Approval, Limits, Policy, Role
from bot.gate.policy_file import LARGEST, PolicyFile

ACTIONS = ("runpod terminate", "worker terminate", "task requeue")
WHOLE = """
[roles.operator]
users = ["U01ALICE", "W02BOB"]
usergroups = ["S01ONCALL"]
[roles.admin]
usergroups = ["S02ADMINS"]
[[allow]]
role = "operator"
actions = ["runpod terminate", "task requeue"]
channels = ["C01INCIDENT", "G01PRIVATE"]
[[allow]]
role = "admin"
actions = ["worker terminate", "freeze"]
[approval]
pods_over = 5
hourly_usd_over = 10.0
approvers = "admin"
[limits]
expires_seconds = 90
items_per_confirmation = 20
minimum_pod_age_minutes = 15
protected = ["keep-*", "the good one"]
[audit]
channel = "C01AUDIT"
"""
OPERATOR = '[roles.operator]\nusers = ["U01ALICE"]\n'
RULE = OPERATOR + '[[allow]]\nrole = "operator"\nactions = ["task requeue"]\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def read(path: Path, text: str | bytes) -> Policy:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return PolicyFile(path, ACTIONS).read()


def refused(path: Path, text: str | bytes) -> Misread:
    """Return what is said of the text, which is always one line about the setting."""
    with pytest.raises(Misread) as raised:
        read(path, text)
    message = raised.value.message
    assert message.startswith("DEBUG_BOT_POLICY: ")
    assert message.isprintable()
    assert len(message) < 400
    return raised.value


def said(path: Path, text: str | bytes) -> str:
    return refused(path, text).message.removeprefix("DEBUG_BOT_POLICY: ")


# --- what a policy says --------------------------------------------------------------


def test_without_a_file_everything_is_closed() -> None:
    """That is no mistake: a bot may be there for reading."""
    assert PolicyFile(None, ACTIONS).read() is CLOSED


def test_every_key_is_read(path: Path) -> None:
    """By the names that CONTRACT, 6 promises."""
    assert read(path, WHOLE) == Policy(
        roles={
            "operator": Role(
                name="operator",
                users=frozenset({"U01ALICE", "W02BOB"}),
                usergroups=frozenset({"S01ONCALL"}),
            ),
            "admin": Role(name="admin", usergroups=frozenset({"S02ADMINS"})),
        },
        allows=(
            Allow(
                role="operator",
                actions=frozenset({"runpod terminate", "task requeue"}),
                channels=frozenset({"C01INCIDENT", "G01PRIVATE"}),
            ),
            Allow(role="admin", actions=frozenset({"worker terminate", "freeze"})),
        ),
        approval=Approval(pods_over=5, hourly_usd_over=10.0, approvers="admin"),
        limits=Limits(
            expires=timedelta(seconds=90),
            items_per_confirmation=20,
            minimum_pod_age=timedelta(minutes=15),
            protected=("keep-*", "the good one"),
        ),
        audit_channel="C01AUDIT",
        source=str(path),
    )


@pytest.mark.parametrize("text", ["", "# closed\n", "[limits]\n[approval]\n[audit]\n"])
def test_an_empty_policy_opens_nothing(path: Path, text: str) -> None:
    """Its limits are the contract's, and it is known where it stands."""
    assert read(path, text) == Policy(source=str(path))


def test_marks_and_line_ends_of_other_editors_are_read(path: Path) -> None:
    """They change nothing."""
    windows = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()

    assert read(path, windows) == read(path, WHOLE)


@pytest.mark.parametrize(
    ("seconds", "with_second"), [("10", 600), ("599.5", 600), ("3600", 3600)]
)
def test_a_second_person_has_ten_minutes_or_more(
    path: Path, seconds: str, with_second: int
) -> None:
    """Never less than the first."""
    limits = read(path, f"[limits]\nexpires_seconds = {seconds}").limits

    assert limits.expires == timedelta(seconds=float(seconds))
    assert limits.expires_with_second == timedelta(seconds=with_second)


def test_the_bounds_themselves_are_within(path: Path) -> None:
    """No age is an age, and no pod may be too many."""
    policy = read(
        path,
        OPERATOR
        + "[limits]\nminimum_pod_age_minutes = 0\nitems_per_confirmation = 50\n"
        + '[approval]\npods_over = 0\nhourly_usd_over = 0\napprovers = "operator"',
    )

    assert policy.limits.minimum_pod_age == timedelta(0)
    assert policy.limits.items_per_confirmation == 50
    assert (policy.approval.pods_over, policy.approval.hourly_usd_over) == (0, 0.0)


def test_approvers_need_no_bound(path: Path) -> None:
    """Some actions ask for a second person anyway."""
    policy = read(path, OPERATOR + '[approval]\napprovers = "operator"')

    assert policy.approval == Approval(approvers="operator")


# --- what is no policy ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "values", "wanted"),
    [
        (
            "expires_seconds",
            ("'soon'", "9", "3601", "-1", "nan", "inf", "true", "[]", "1999-01-01"),
            "a number from 10 to 3600",
        ),
        (
            "items_per_confirmation",
            ("0", "51", "-5", "1.5", "'10'", "true"),
            "a whole number from 1 to 50",
        ),
        (
            "minimum_pod_age_minutes",
            ("-1", "1441", "nan", "{}", "'10m'"),
            "a number from 0 to 1440",
        ),
        (
            "protected",
            ("'keep-*'", "[1]", "['']", "[' keep']", "['keep ']", "['a\tb']"),
            "a list of pod names or patterns such as keep-*, no blanks around",
        ),
    ],
)
def test_limits_have_their_bounds(
    path: Path, key: str, values: tuple[str, ...], wanted: str
) -> None:
    """Each line names the key and what it wants."""
    for value in values:
        line = said(path, f"[limits]\n{key} = {value}")
        assert line.startswith(f"[limits] {key} wants {wanted}, not ")


def test_the_value_at_fault_is_shown(path: Path) -> None:
    """As the file has it; what is long or holds no signs is cut."""

    def shown(value: str) -> str:
        line = said(path, f"[limits]\nexpires_seconds = {value}")
        return line.partition(", not ")[2]

    assert shown('"soon"') == "'soon'"
    assert shown(r'"a\nb\u202e"') == r"'a\nb\u202e'"
    assert shown(f'"{"x" * 99}"') == f"'{'x' * 39}…'"
    assert [shown(each) for each in ("5", "-0.5", "nan", "false")] == [
        "5",
        "-0.5",
        "nan",
        "false",
    ]
    assert [shown(each) for each in ("[]", "[1]", "{}", "12:00:00")] == [
        "an empty list",
        "a list",
        "a table",
        "a date or a time",
    ]
    assert shown("0x" + "f" * 5000) == "such a number"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("pods_over = -1", "pods_over wants a whole number from 0 to 1,000,000"),
        ("pods_over = 2.0", "pods_over wants a whole number from 0 to 1,000,000"),
        ("hourly_usd_over = -0.1", "hourly_usd_over wants a number of US dollars"),
        ("hourly_usd_over = nan", "hourly_usd_over wants a number of US dollars"),
        ("hourly_usd_over = inf", "hourly_usd_over wants a number of US dollars"),
        ("approvers = ['operator']", "approvers wants the name of a role, not a list"),
    ],
)
def test_approval_has_its_bounds(path: Path, text: str, line: str) -> None:
    """A bound that is no number would bind nobody."""
    assert said(path, f"[approval]\n{text}").startswith(f"[approval] {line}")


@pytest.mark.parametrize("bound", ["pods_over = 5", "hourly_usd_over = 0"])
def test_a_bound_needs_approvers(path: Path, bound: str) -> None:
    """Else nobody could ever confirm."""
    assert said(path, f"[approval]\n{bound}") == (
        "[approval] lacks approvers: it wants the name of a role:"
        " without one nobody could be the second person"
    )


@pytest.mark.parametrize("id", ["@alice", "alice", "u01alice", "S01ONCALL", "", "U01 "])
def test_users_are_user_ids(path: Path, id: str) -> None:
    """A name can be taken by somebody else."""
    line = said(path, f'[roles.operator]\nusers = ["U01ALICE", "{id}"]')

    assert line == (
        "[roles.operator] users wants a list of Slack user ids such as U01ALICE,"
        f" not '{id}'"
    )


@pytest.mark.parametrize("id", ["@oncall", "U01ALICE", r"S01\n"])
def test_groups_are_group_ids(path: Path, id: str) -> None:
    """The same for user groups."""
    line = said(path, f'[roles.operator]\nusergroups = ["{id}"]')

    assert line.startswith(
        "[roles.operator] usergroups wants a list of Slack user group ids"
    )


@pytest.mark.parametrize("value", ["['#ops']", "['D01ALICE']", "[]", "'C01'", "[1]"])
def test_channels_are_channel_ids(path: Path, value: str) -> None:
    """To allow it anywhere, leave the key out: an empty list may mean nowhere."""
    line = said(path, f"{RULE}channels = {value}")

    assert line.startswith("[[allow]] #1 channels wants a list of Slack channel ids")


def test_the_audit_goes_to_a_channel(path: Path) -> None:
    """Known by its id, too."""
    assert said(path, "[audit]\nchannel = '#audit'") == (
        "[audit] channel wants a Slack channel id such as C01AUDIT, not '#audit'"
    )


@pytest.mark.parametrize("role", ["", "users = []", "users = []\nusergroups = []"])
def test_an_empty_role_is_a_mistake(path: Path, role: str) -> None:
    """Whoever wrote it thinks that somebody is in it."""
    assert said(path, f"[roles.operator]\n{role}") == (
        "[roles.operator] wants users, usergroups or both: an empty role holds nobody"
    )


@pytest.mark.parametrize("name", ["", "on call", r"a\nb", "x" * 41, "<!here>"])
def test_a_role_s_name_is_a_plain_word(path: Path, name: str) -> None:
    """It stands in messages."""
    line = said(path, f'[roles."{name}"]\nusers = ["U01ALICE"]')

    assert line.startswith("[roles.…] wants a name of at most 40 letters")


def test_a_rule_names_a_role_of_the_file(path: Path) -> None:
    """The nearest one is the hint."""
    error = refused(path, RULE.replace('role = "operator"', 'role = "operators"'))

    assert error.message == (
        "DEBUG_BOT_POLICY: [[allow]] #1 role wants a role of this file, not 'operators'"
    )
    assert error.hint == "did you mean 'operator'? known: operator"


def test_approvers_are_a_role_of_the_file(path: Path) -> None:
    """Also where it has none."""
    error = refused(path, "[approval]\napprovers = 'admin'")

    assert "[approval] approvers wants a role of this file, not 'adm" in error.message
    assert error.hint == "known: none"


def test_an_unknown_action_is_a_mistake(path: Path) -> None:
    """Of the second rule here; the nearest one is the hint."""
    rule = '[[allow]]\nrole = "operator"\nactions = ["freeze", "runpod terminat"]'
    error = refused(path, RULE + rule)

    assert error.message == (
        "DEBUG_BOT_POLICY: [[allow]] #2 actions wants names of actions,"
        " not 'runpod terminat'"
    )
    assert error.hint.startswith("did you mean 'runpod terminate'? known: freeze, ")


@pytest.mark.parametrize("actions", ["[]", "'task requeue'", "[1]", "['*', 1]"])
def test_actions_are_a_list_of_names(path: Path, actions: str) -> None:
    """There is no word for all of them."""
    line = said(path, RULE.replace('["task requeue"]', actions))

    assert line.startswith("[[allow]] #1 actions wants a list of actions such as")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[[allow]]\nactions = ['freeze']",
            "[[allow]] #1 lacks role: it wants the name of a role",
        ),
        (
            f"{RULE}[[allow]]\nrole = 'operator'",
            "[[allow]] #2 lacks actions: it wants a list of actions such as",
        ),
        (
            "[allow]\nrole = 'operator'",
            "[allow] wants a list of tables, each below [[allow]], not a table",
        ),
        ("allow = ['all']", "[[allow]] #1 wants a table, not 'all'"),
        ("roles = 5", "[roles] wants a table of tables such as [roles.operator], not"),
        ("[roles]\nusers = ['U1']", "[roles.users] wants a table, not a list"),
        ("[[limits]]", "[limits] wants a table, not a list"),
        ("audit = 'C01AUDIT'", "[audit] wants a table, not 'C01AUDIT'"),
        (r'roles = {"a\nb" = 1}', r"[roles.a\nb] wants a table, not 1"),
    ],
)
def test_tables_have_their_form(path: Path, text: str, line: str) -> None:
    """One bracket more or less says something else."""
    assert said(path, text).startswith(line)


def test_an_unknown_key_is_a_mistake(path: Path) -> None:
    """It may be the one that was to close something; the nearest one is the hint."""
    error = refused(path, "[limits]\nexpire_seconds = 60")
    rule = refused(path, f"{RULE}channel = 'C01'")

    assert error.message.endswith("[limits] knows no key 'expire_seconds'")
    assert error.hint.startswith("did you mean 'expires_seconds'? known: ")
    assert rule.message.endswith("[[allow]] #1 knows no key 'channel'")


def test_an_unknown_table_is_a_mistake(path: Path) -> None:
    """A plain key outside all tables is one, too."""
    error = refused(path, "[limit]\nexpires_seconds = 60")

    assert error.message == "DEBUG_BOT_POLICY: no table is called 'limit'"
    assert error.hint.startswith("did you mean 'limits'? known: roles, allow")
    assert said(path, r'"a\u0000b" = 1') == r"no table is called 'a\x00b'"


@pytest.mark.parametrize(
    "text",
    [
        "roles",
        "[roles.operator",
        "[limits]\n[limits]",
        "a = " + "[" * 9000,
        "a = " + "9" * 5000,
        "\x00",
    ],
)
def test_what_is_not_toml_is_a_mistake(path: Path, text: str) -> None:
    """The parser's own line says where."""
    assert said(path, text).startswith(f"{path} is not TOML: ")


def test_text_is_utf_8(path: Path) -> None:
    """No other encoding is guessed."""
    assert said(path, "# grün".encode("latin-1")) == f"{path} is not text in UTF-8"


def test_a_huge_file_is_no_policy(path: Path) -> None:
    """It is not read to its end."""
    assert "has more than 1,000,000 bytes" in said(path, b"#" * (LARGEST + 1))
    assert read(path, b"#" * LARGEST) == Policy(source=str(path))


def test_a_file_that_is_not_there_is_a_mistake(path: Path) -> None:
    """Whoever set the setting wants a policy to hold."""
    with pytest.raises(Misread, match=r"DEBUG_BOT_POLICY: there is no file .*policy"):
        PolicyFile(path, ACTIONS).read()


def test_only_a_file_is_a_file(path: Path) -> None:
    """A pipe might never end."""
    os.mkfifo(path)

    for other in (path, path.parent):
        with pytest.raises(Misread, match=r"is not a file$"):
            PolicyFile(other, ACTIONS).read()


def test_a_path_through_a_file_leads_nowhere(path: Path) -> None:
    """Like a file without the right to read it."""
    path.touch()

    with pytest.raises(Misread, match=r"below cannot be read: not a directory$"):
        PolicyFile(path / "below", ACTIONS).read()


# --- a policy that changes ------------------------------------------------------------


def test_a_policy_closes_without_a_restart(path: Path) -> None:
    """Even when neither its size nor its date has changed."""
    file = PolicyFile(path, ACTIONS)
    path.write_text(RULE.replace("ALICE", "OTHER"), encoding="utf-8")
    stamp = path.stat().st_mtime_ns
    before = file.read()
    path.write_text(RULE, encoding="utf-8")
    os.utime(path, ns=(stamp, stamp))
    after = file.read()

    assert before.roles["operator"].users == {"U01OTHER"}
    assert after.roles["operator"].users == {"U01ALICE"}


def test_a_policy_that_stays_is_parsed_once(path: Path) -> None:
    """Presses come in seconds, edits in weeks."""
    path.write_text(RULE, encoding="utf-8")
    file = PolicyFile(path, ACTIONS)

    assert file.read() is file.read()


def test_a_policy_that_breaks_is_closed(path: Path) -> None:
    """What it said before is void, until it is mended."""
    path.write_text(RULE, encoding="utf-8")
    file = PolicyFile(path, ACTIONS)
    opened = file.read()
    path.write_text(f"{RULE}[", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(Misread, match="is not TOML"):
            file.read()
    path.unlink()
    with pytest.raises(Misread, match="there is no file"):
        file.read()
    path.write_text(RULE, encoding="utf-8")

    assert file.read() == opened
