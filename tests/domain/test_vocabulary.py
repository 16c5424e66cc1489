from bot.domain.startup import of_startup
from bot.domain.vocabulary import Vocabulary
from tests.world import a_line


def test_what_a_system_does_not_say_holds_of_rented_workers() -> None:
    """Their orchestrator rents pods, and their lines tell of starts."""
    words = Vocabulary()

    assert (words.coordinator, words.made) == ("orchestrator", "created")
    assert words.rents
    assert of_startup(a_line("Creating worker: gpu-1"), words.startup)
    assert words.routine == ()


def test_the_zone_of_lines_may_not_be_that_of_tasks() -> None:
    """A setting that mends the one is not named for the other."""
    assert Vocabulary(zone="AGENTS_TZ").tasks_zone == "AGENTS_TZ"
    assert not Vocabulary(zone="OCTOLLM_TZ", zoned_tasks=False).tasks_zone
