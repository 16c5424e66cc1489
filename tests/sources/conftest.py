"""What tests of several sources share."""

from tests.engines import clickhouse as clickhouse  # noqa: PLC0414  fixtures
from tests.engines import kept as kept  # noqa: PLC0414
