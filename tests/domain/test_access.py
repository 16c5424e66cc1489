from bot.domain.access import CHANNEL_ID, USER_ID, USERGROUP_ID, Access, Caller, Door


def test_a_shell_caller_has_no_name() -> None:
    """In a shell nobody says who asks."""
    caller = Caller(door=Door.SHELL)

    assert (caller.user_id, caller.team_id, caller.channel_id) == (None, None, None)


def test_doors_are_logged_in_words() -> None:
    """The value of a door is what the log says."""
    assert Door.MENTION.value == "mention"


def test_reading_and_changing_are_all_there_is() -> None:
    """A command either reads or changes."""
    assert [*Access] == [Access.READ, Access.CHANGE]


def test_records_name_the_shell_s_user() -> None:
    """Its machine knows them, Slack does not."""
    assert Caller(door=Door.SHELL, name="ann").who == "shell: ann"
    assert Caller(door=Door.SHELL).who == "shell: somebody"


def test_records_name_slack_s_users_by_their_id() -> None:
    """A payload without one is of nobody known."""
    assert Caller(door=Door.SLASH, user_id="U01ALICE").who == "U01ALICE"
    assert Caller(door=Door.SLASH).who == "nobody known"


def test_ids_have_their_forms() -> None:
    """A name, a mention or a line break is no id."""
    assert all(USER_ID.fullmatch(id) for id in ("U1", "W012ABC", "USLACKBOT"))
    assert USERGROUP_ID.fullmatch("S01ONCALL")
    assert all(CHANNEL_ID.fullmatch(id) for id in ("C01", "G01"))
    for odd in ("", "U", "u01", "@alice", "<@U01>", "U01\n", "U01&x=1", "B01", "D01"):
        assert not any(
            form.fullmatch(odd) for form in (USER_ID, USERGROUP_ID, CHANNEL_ID)
        )
