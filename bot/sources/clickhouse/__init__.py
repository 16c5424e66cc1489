"""ClickHouse: where log lines are kept that outgrow files or a database.

Any system can be given its lines from there instead of its own; `table.sql` is the
table, and what each system means by its lines is in a file of its name.
"""

from bot.sources.clickhouse.agents import agents_logs
from bot.sources.clickhouse.engine import Engine
from bot.sources.clickhouse.octollm import OctoEngineLogs
from bot.sources.clickhouse.reigh import reigh_logs

__all__ = ["Engine", "OctoEngineLogs", "agents_logs", "reigh_logs"]
