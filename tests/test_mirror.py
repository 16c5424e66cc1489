from pathlib import Path

TESTS = Path(__file__).parent
# These ask about more than one module, about a package, or about the tests themselves.
EXEMPT = {
    *("formatters/test_referee", "slack/test_doors", "sources/test_contract"),
    "gate/test_every_action",
    *("sources/test_agents_contract", "sources/test_octollm_contract"),
    *("test_actions", "test_generated", "test_mirror", "test_queries"),
    *("rules/test_any_folder", "rules/test_any_log", "rules/test_cases"),
    "rules/test_any_services",
    "rules/test_real_services",
}
FREE = ("integration/", "tools/", "witnesses/")


def mirrored(package: str, *, below: str) -> set[str]:
    """Return where the tests of each module are due."""
    home = TESTS.parent
    paths = [path.relative_to(home / below) for path in (home / package).rglob("*.py")]
    modules = [
        path
        for path in paths
        # Migrations are tested by what they make: gate/test_tables.
        if not path.stem.startswith("__") and "migrations" not in path.parts
    ]
    return {path.with_name(f"test_{path.stem}").as_posix() for path in modules}


DUE = mirrored("bot", below="bot") | mirrored("formatters", below=".")
FOUND = {
    path.relative_to(TESTS).with_suffix("").as_posix()
    for path in TESTS.rglob("test_*.py")
}


def test_every_module_has_its_tests() -> None:
    """Of the same name, in the same place."""
    assert not sorted(DUE - FOUND)


def test_every_test_has_its_module() -> None:
    """A module that goes takes its tests along, and an exception too."""
    mirrors = {name for name in FOUND if not name.startswith(FREE)}

    assert mirrors - DUE == EXEMPT
