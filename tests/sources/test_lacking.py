import pytest

from bot.domain.errors import Lacks
from bot.domain.pods import PodId
from bot.domain.report import Gap
from bot.sources import Gaps, NoPods, Pods


async def test_a_system_without_pods_says_so() -> None:
    """However it is asked."""
    pods: Pods = NoPods("agents")

    with pytest.raises(Lacks, match="has no pods"):
        await pods.all()
    with pytest.raises(Lacks, match="has no pods"):
        await pods.get(PodId("p1"))


async def test_what_a_system_lacks_is_no_failure() -> None:
    """It is left out of an answer, and named."""
    gaps = Gaps()

    assert await gaps.ask(NoPods("agents").all(), None) is None
    assert gaps.all == (Gap(source="agents", reason="has no pods", failed=False),)
