"""Saved cases: what a system held at a moment, and what the product says of it.

A file of `tests/cases/reigh` is called as the rule that it is about; a second one of
the same rule has a word more, as in `stuck-task.slow-clock.json`. It holds rows of
tables, pods as RunPod's records, and the words asked, each with the findings that are
due. A column that a row leaves out has the database's default, a line is a worker's and
INFO unless it says otherwise, and has the ids that its writer puts there. What a file
of `tests/cases/octollm` holds, `octo_cases` tells.

`python -m tests.tools.cases` renews what the files expect, and prints what that
changes: read it line by line, for it says what a tired person is told at night.
"""

import argparse
import asyncio
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.findings import Finding
from bot.domain.pods import Pod, PodId
from bot.domain.report import Outcome, Report
from bot.rules.book import book
from bot.sources.runpod import NAME_PREFIXES, _pod
from tests.tools import octo_cases
from tests.tools.memory import Memory, Table, a_desk, desk_of, task_types

HOMES: Final = tuple(
    Path(__file__).parents[1] / "cases" / system for system in ("reigh", "octollm")
)
_KIND: Final = ("id", "name", "run_type", "category", "content_type", "is_active")
# Every column that is read, and what the database puts there by itself.
_COLUMNS: Final[Mapping[str, Mapping[str, Any]]] = {
    "workers": {
        "id": None,
        "status": "active",
        "created_at": None,
        "last_heartbeat": None,
        "instance_type": "external",
        "current_model": None,
        "metadata": {},
    },
    "tasks": {
        "id": None,
        "task_type": None,
        "status": "Queued",
        "worker_id": None,
        "created_at": None,
        "updated_at": None,
        "generation_started_at": None,
        "generation_processed_at": None,
        "generation_created": False,
        "attempts": 0,
        "dependant_on": None,
        "project_id": "00000000-0000-4000-8000-000000000001",
        "error_message": None,
        "output_location": None,
        "params": {},
    },
    "system_logs": {
        "id": None,
        "timestamp": None,
        "source_type": "worker",
        "source_id": None,
        "log_level": "INFO",
        "message": None,
        "task_id": None,
        "worker_id": None,
        "cycle_number": None,
        "metadata": {},
    },
    "projects": {"id": None, "user_id": None, "name": ""},
    "users": {"id": None, "credits": 0, "settings": {}},
    "task_types": {**dict.fromkeys(_KIND), "is_active": True},
}
_ORDER: Final = {
    "workers": "created_at",
    "tasks": "created_at",
    "system_logs": "timestamp",
}
_TIMES: Final = frozenset(
    {
        *("created_at", "last_heartbeat", "updated_at", "timestamp"),
        *("generation_started_at", "generation_processed_at"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One file, read."""

    path: Path
    content: Mapping[str, Any]

    @property
    def rule(self) -> str:
        """The rule that it is about, by the file's name."""
        return self.path.name.split(".")[0]

    @property
    def system(self) -> str:
        """The system that it is of, by the folder's name."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """What it is called among all."""
        return f"{self.system}/{self.path.stem}"

    @property
    def now(self) -> datetime:
        """The moment at which its rows were read."""
        return datetime.fromisoformat(self.content["now"])

    @property
    def asked(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The words, and the findings that are due."""
        found: Mapping[str, Sequence[Mapping[str, Any]]] = self.content["asked"]
        return found

    def tables(self) -> Mapping[str, Table]:
        """Return its rows, and the task types that there are if it names none."""
        unknown = set(self.content) - {*_COLUMNS, "about", "now", "pods", "asked"}
        assert not unknown, f"{self.path.name} holds {unknown}"
        tables = {
            name: Table(
                [*columns],
                [
                    _row(name, number, row)
                    for number, row in enumerate(self.content.get(name, ()))
                ],
                _ORDER.get(name, ""),
            )
            for name, columns in _COLUMNS.items()
        }
        if "task_types" not in self.content:
            kinds = [(kind[0], *kind, True) for kind in task_types()]
            tables["task_types"] = Table(_KIND, kinds)
        return tables

    def pods(self) -> Sequence[Pod]:
        """Return its pods, as the real adapter reads them."""
        return [_pod(record) for record in self.content.get("pods", ())]


class _Pods:
    """Fulfils `bot.sources.Pods` with those of a file."""

    name_prefixes = NAME_PREFIXES

    def __init__(self, pods: Sequence[Pod]) -> None:
        self._pods = pods

    async def all(self) -> Sequence[Pod]:
        return self._pods

    async def get(self, id: PodId) -> Pod | None:
        return next((each for each in self._pods if each.id == id), None)


def saved(*homes: Path) -> tuple[Saved, ...]:
    """Return every case of the folders, of all systems unless told."""
    return tuple(
        Saved(path=path, content=json.loads(path.read_text()))
        for home in homes or HOMES
        for path in sorted(home.glob("*.json"))
    )


def without_case(cases: Iterable[Saved], system: str) -> frozenset[str]:
    """Return the system's rules of which no case tells that expects them."""
    told = {
        case.rule
        for case in cases
        for findings in case.asked.values()
        if case.system == system and any(it["rule"] == case.rule for it in findings)
    }
    return frozenset(book(system).rules) - told


async def answers(case: Saved) -> Mapping[str, Report]:
    """Return what the product answers, by the words that are asked."""
    shell = Caller(door=Door.SHELL)
    with TemporaryDirectory() as folder:
        desk = _desk(case, Path(folder))
        return {
            words: await desk.answer(words.split(), shell, case.now)
            for words in case.asked
        }


def _desk(case: Saved, folder: Path) -> Desk:
    if case.system == "octollm":
        unknown = set(case.content) - {
            *octo_cases.PARTS,
            "about",
            "now",
            "untold",
            "asked",
        }
        assert not unknown, f"{case.name} holds {unknown}"
        return desk_of(octo_cases.a_system(case.content, case.now, folder))
    return a_desk(Memory.of(case.tables()), _Pods(case.pods()))


async def said(case: Saved) -> dict[str, list[dict[str, Any]]]:
    """Return what the product finds, by the words that are asked."""
    found = {}
    untold = {*case.content.get("untold", ())}
    for words, report in (await answers(case)).items():
        assert untold or report.outcome is Outcome.ANSWERED, report.summary
        assert {gap.reason for gap in report.gaps} == untold, report.gaps
        found[words] = [_shown(each) for each in report.findings]
    return found


def written(content: Mapping[str, Any]) -> str:
    """Return the content as a file holds it: a line for each row."""
    parts = []
    for name, value in content.items():
        if name == "asked":
            text = json.dumps(value, indent=2, ensure_ascii=False)
            text = text.replace("\n", "\n  ")
        elif isinstance(value, list) and value:
            rows = (json.dumps(row, ensure_ascii=False) for row in value)
            text = "[\n    " + ",\n    ".join(rows) + "\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _row(table: str, number: int, given: Mapping[str, Any]) -> Sequence[Any]:
    columns = _COLUMNS[table]
    unknown = set(given) - set(columns)
    assert not unknown, f"{table} has no column {unknown}"
    row = {**columns, **given}
    if table == "system_logs":
        row["id"] = f"00000000-0000-4000-8000-{number:012d}"
        if row["source_type"] == "orchestrator_gpu":
            row["source_id"] = "orchestrator-gpu-main"
        elif row["source_type"] == "worker" and "worker_id" not in given:
            row["worker_id"] = row["source_id"]
    for name in _TIMES & set(row):
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    return [row[name] for name in columns]


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "subject": f"{finding.subject.kind} {finding.subject.id}",
        "title": finding.title,
        "evidence": [*finding.evidence],
    }


def _told(case: Saved) -> Iterator[str]:
    """Yield the answers as people hear them: with what they are advised to do."""
    for words, report in asyncio.run(answers(case)).items():
        yield f"== {case.path.stem}: {words}: {report.summary}"
        for each in report.findings:
            sure = f"{each.severity.value}, {each.confidence.value}"
            yield f"[{each.rule}, {sure}] {each.title}"
            yield from (f"    - {line}" for line in each.evidence)
            yield f"    => {each.remedy}" + (f"  [{each.ask}]" if each.ask else "")


def main(words: Sequence[str] | None = None) -> int:
    """Renew what is expected, print what that changes, and return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--home", type=Path, nargs="*", default=(), help="where the files are"
    )
    parser.add_argument("--read", action="store_true", help="print it all, change none")
    given = parser.parse_args(words)
    for case in saved(*given.home):
        if given.read:
            print("\n".join(_told(case)))
            continue
        before = case.path.read_text()
        after = written({**case.content, "asked": asyncio.run(said(case))})
        if after != before:
            case.path.write_text(after)
            lines = difflib.unified_diff(
                before.splitlines(), after.splitlines(), case.path.stem, lineterm=""
            )
            print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
