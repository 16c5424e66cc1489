"""Next questions, to be asked without typing."""

import re
from collections.abc import Iterable
from typing import Final

from bot.domain.excerpts import end_of
from bot.domain.findings import Finding
from bot.domain.report import Ask

MOST: Final = 5
"""So many buttons read well in a message; one of them may be a refresh."""

# What leads to a plan ends in `…`. Of an id its part is shown that tells: tasks differ
# at their beginning, workers begin with the time they were made: `id` is one of these.
_LABELS: Final = (
    (r"task (\S{1,8})\S*", "Task {}"),
    (r"task (\S{1,8})\S* --logs-only.*", "Lines of {}"),
    (r"task requeue (\S{1,8})\S*", "Queue {} again …"),
    (r"worker ([a-z][a-z-]{1,19})", "Worker {}"),
    (r"worker (?P<id>\S+)", "Worker {}"),
    (r"worker (?P<id>\S+) --startup", "Start of {}"),
    (r"worker (?P<id>\S+) --logs-only.*", "Lines of {}"),
    (r"worker terminate (?P<id>\S+)", "End {} …"),
    (r"worker forget (?P<id>\S+)", "Settle {} …"),
    (r"logs --source (\S{1,20})\S* --level ERROR.*", "Errors: {}"),
    (r"logs --source (\S{1,20}).*", "Lines: {}"),
    (r"logs --worker (?P<id>\S+) --level ERROR.*", "Errors of {}"),
    (r"logs --worker (?P<id>\S+)(?: .*)?", "Lines of {}"),
    (r"logs --search (\S{1,20}).*", "Search: {}"),
    (r"trace (\S{1,20}).*", "Trace {}"),
    (r"(\w+).*", "{}"),
)
# A whole id as the grammar takes one: a dot at its end would be taken for a sentence's.
_TYPED: Final = re.compile(r"[A-Za-z0-9][\w.:@-]{2,98}[\w-]", re.ASCII)


def whys(findings: Iterable[Finding]) -> tuple[Ask, ...]:
    """Return what the findings want to be asked next, each once, in their order."""
    words = dict.fromkeys(each.ask for each in findings if each.ask)
    return tuple(Ask(label=label(each), words=each) for each in words)


def chosen(*asks: Ask) -> tuple[Ask, ...]:
    """Return the first of the questions, each once, that leave room for a refresh."""
    known: dict[str, Ask] = {}
    for each in asks:
        known.setdefault(each.words, each)
    return tuple(known.values())[: MOST - 1]


def tracing(request_id: str | None) -> str:
    """Return what follows a request; empty for an id that can't be typed as one word.

    Clients choose these ids: any text may come as one.
    """
    if request_id is None or not _TYPED.fullmatch(request_id):
        return ""
    return f"trace {request_id}"


def of_system(words: str) -> str:
    """Return the `--system NAME` at the end of the words; empty where none is named."""
    found = re.search(r" --system \S+$", words)
    return found[0] if found else ""


def label(words: str) -> str:
    """Return what a button is called that asks the words, of whichever system."""
    words = words.removesuffix(of_system(words))
    for form, called in _LABELS:
        if found := re.fullmatch(form, words):
            names_worker = "id" in found.groupdict()
            told = called.format(end_of(found[1]) if names_worker else found[1])
            return told[:1].upper() + told[1:]
    return words
