import pytest

from bot.domain.errors import Lacks
from bot.domain.pods import PodId
from bot.sources import Gaps, NoPods, Pods


async def test_a_system_without_pods_says_so() -> None:
    """However it is asked."""
    pods: Pods = NoPods("agents")

    with pytest.raises(Lacks, match="has no pods"):
        await pods.all()
    with pytest.raises(Lacks, match="has no pods"):
        await pods.get(PodId("p1"))


async def test_what_a_system_lacks_is_no_failure() -> None:
    """Nor a gap: an answer is whole without what is not there."""
    gaps = Gaps()

    assert await gaps.ask(NoPods("agents").all(), None) is None
    assert await gaps.beside(NoPods("agents").all(), 7) == 7
    assert gaps.all == ()


async def test_who_asks_for_pods_is_told_what_can_be_asked() -> None:
    """The line that is shown names a command."""
    with pytest.raises(Lacks) as caught:
        await NoPods("agents").all()

    assert caught.value.hint == "what runs there is listed by: workers --system agents"
