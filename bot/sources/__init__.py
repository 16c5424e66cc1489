"""Who we ask: what a system can be asked, as protocols, and how gaps are kept.

A system is investigated through these protocols alone. One that has no pods, say,
has `NoPods`, and a command that is about them says so in one line.
"""

from bot.sources.asking import (
    Gaps,
    counts_instead,
    only,
    task_ids,
    whole_task_id,
    whole_worker_id,
    written_ids,
)
from bot.sources.family import Family, family
from bot.sources.lacking import NoPods
from bot.sources.last_words import LastWords, last_words, lines_before
from bot.sources.ownership import Ownership, ownership
from bot.sources.protocols import (
    UNREAD,
    Endings,
    Listing,
    Logs,
    LogSearch,
    Meaning,
    Named,
    Pods,
    Queue,
    QueueEntry,
    Requests,
    System,
    Tasks,
    TaskSearch,
    Workers,
)
from bot.sources.surroundings import (
    Beside,
    beside_idle,
    beside_waiting,
    claimable,
    meanwhile,
    pod_of_dead,
    pod_of_living,
    with_pod,
)

__all__ = [
    "UNREAD",
    "Beside",
    "Endings",
    "Family",
    "Gaps",
    "LastWords",
    "Listing",
    "LogSearch",
    "Logs",
    "Meaning",
    "Named",
    "NoPods",
    "Ownership",
    "Pods",
    "Queue",
    "QueueEntry",
    "Requests",
    "System",
    "TaskSearch",
    "Tasks",
    "Workers",
    "beside_idle",
    "beside_waiting",
    "claimable",
    "counts_instead",
    "family",
    "last_words",
    "lines_before",
    "meanwhile",
    "only",
    "ownership",
    "pod_of_dead",
    "pod_of_living",
    "task_ids",
    "whole_task_id",
    "whole_worker_id",
    "with_pod",
    "written_ids",
]
