from bot.settings import Settings
from bot.variables import OWN


def test_no_variable_is_declared_twice() -> None:
    """Each name has one meaning."""
    names = [each.name for each in OWN]

    assert len(names) == len(set(names))


def test_each_default_that_is_told_is_the_one_that_holds() -> None:
    """Given as a value, it changes nothing; what is told in words can't be given."""
    told = {
        each.name: each.default
        for each in OWN
        if each.default
        and each.name not in {"DEBUG_BOT_STATE_URL", "AGENTS_LOG_GLOBS"}
        and not each.name.endswith(("_API_BASE_URL", "_API_URL"))
    }

    for name, default in told.items():
        if not name.startswith(("OCTOLLM_", "CLICKHOUSE_")):
            assert Settings.of({name: default}) == Settings.of({}), name
