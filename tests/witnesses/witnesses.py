"""Other people's readings of Slack's rules, to be heard about our messages.

Each has gaps (slack_sdk counts no blocks, slackblocks knows no dates in rich text,
blockkit takes 20 columns and more, TypeScript's types know no lengths), so
`witness_all` hears all that are installed. What they say is a list of complaints.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import blockkit.core as kit
import slackblocks as sr
from slack_sdk.models.blocks import Block as SdkBlock
from slackblocks import blocks as sb
from slackblocks import elements as se
from slackblocks import messages as sm
from slackblocks import objects as so

NODE_PARTS: Final = Path(__file__).resolve().parents[2] / ".testbed"
RENDERER: Final = Path(__file__).with_name("render.mjs")

Json = dict[str, Any]


class Posted(Protocol):
    """A message as the formatters make it."""

    @property
    def blocks(self) -> tuple[Json, ...]: ...

    @property
    def text(self) -> str: ...


def witness_all(messages: Sequence[Posted], *, types: bool = True) -> list[str]:
    """Return every witness's complaints; TypeScript is heard where it is installed."""
    found = []
    for number, message in enumerate(messages):
        for witness in (slack_sdk_says, slackblocks_says, blockkit_says):
            name = witness.__name__.removesuffix("_says")
            found += [f"message {number}, {name}: {said}" for said in witness(message)]
    if types and not typescript_missing():
        found += typescript_says(messages)
    return found


def slack_sdk_says(message: Posted) -> list[str]:
    """Parse each block into Slack's own models and back, which must lose nothing."""
    found = []
    for block in message.blocks:
        parsed = SdkBlock.parse(json.loads(json.dumps(block)))
        if parsed is None:
            found.append(f"unknown block {block.get('type')}")
            continue
        try:
            again = parsed.to_dict()
        except Exception as error:  # noqa: BLE001  # whatever it raises is its word
            found.append(f"{type(error).__name__}: {error}")
            continue
        if again != block:
            found.append(f"read {block} as {again}")
    return found


def slackblocks_says(message: Posted) -> list[str]:
    """Build the message with slackblocks, which knows nearly every number."""
    try:
        built = [_converted(block, _SLACKBLOCKS) for block in message.blocks]
        sm.Message(channel="C", text=message.text, blocks=built).json()
    except Exception as error:  # noqa: BLE001
        return [f"{type(error).__name__}: {error}"]
    return []


def blockkit_says(message: Posted) -> list[str]:
    """Build the message with blockkit, which knows the structure of rich text."""
    try:
        built = [_converted(block, _BLOCKKIT) for block in message.blocks]
        kit.Message(text=message.text, blocks=built).build()  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001
        return [f"{type(error).__name__}: {error}"]
    return []


def typescript_missing() -> str:
    """Return why the types cannot be asked here, nothing when they can."""
    if not (NODE_PARTS / "node_modules" / ".bin" / "tsc").exists():
        return "no TypeScript in .testbed/node_modules"
    if not (NODE_PARTS / "node_modules" / "@slack" / "types").exists():
        return "no @slack/types in .testbed/node_modules"
    return ""


def typescript_says(messages: Sequence[Posted]) -> list[str]:
    """Compile all messages as `KnownBlock[]` literals, in one run."""
    if not messages:
        return []
    source = ["import type { KnownBlock } from '@slack/types';"]
    owners = {}
    for number, message in enumerate(messages):
        literal = json.dumps(message.blocks, indent=0)
        lines = f"export const m{number}: KnownBlock[] = {literal};".split("\n")
        first = len(source) + 1
        owners.update(dict.fromkeys(range(first, first + len(lines)), number))
        source += lines
    with tempfile.TemporaryDirectory(dir=NODE_PARTS) as folder:
        Path(folder, "messages.ts").write_text("\n".join(source), encoding="utf-8")
        ran = subprocess.run(  # noqa: S603
            [
                str(NODE_PARTS / "node_modules" / ".bin" / "tsc"),
                *("--noEmit", "--strict", "--skipLibCheck", "--pretty", "false"),
                *("--moduleResolution", "bundler", "--module", "esnext"),
                "messages.ts",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    found = []
    for line in ran.stdout.splitlines():
        if line.startswith("messages.ts("):
            where = int(line.split("(")[1].split(",")[0])
            found.append(f"message {owners[where]}, typescript: {line}")
    if ran.returncode and not found:
        found.append(f"typescript: {ran.stdout}{ran.stderr}")
    return found


def drawn(conversations: Sequence[Mapping[str, Any]]) -> str:
    """Return a static page of `{title, messages: [{blocks}]}`, drawn as Slack would."""
    ran = subprocess.run(  # noqa: S603
        ["node", str(RENDERER), str(NODE_PARTS)],  # noqa: S607
        input=json.dumps(conversations),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


def _converted(
    value: Any, names: Mapping[str, Callable[..., Any]], key: str = ""
) -> Any:
    """Build the witness's own objects, from the inside out."""
    if isinstance(value, list):
        inner = {
            "column_settings": "column",
            "initial_options": "option",
            "options": "option",
        }.get(key, "")
        return [_converted(item, names, inner) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type", key)
    # A dialog's own `confirm` is a text; only the dialog itself has no type.
    if key in ("style", "option", "column") or (key == "confirm" and kind == key):
        kind = key
    members = {
        name: _converted(item, names, name)
        for name, item in value.items()
        if name != "type"
    }
    return names[kind](**members)


def _slackblocks_text(kind: str) -> Callable[..., Any]:
    return lambda **members: so.Text(
        members["text"],
        type_=so.TextType(kind),
        emoji=members.get("emoji", False),
        verbatim=members.get("verbatim", False),
    )


def _rich_run(text: str, style: Mapping[str, bool] | None = None) -> Any:
    return sr.RichText(text, **(style or {}))


def _rich_date(**members: Any) -> Any:
    return sr.RichText(members["fallback"])  # it has no dates of its own


def _slackblocks_table(rows: Any, **members: Any) -> Any:
    # Its rich cells are single paragraphs; ours are blocks of one.
    plain = [[_paragraph(cell) for cell in row] for row in rows]
    return sb.TableBlock(rows=plain, **members)


def _paragraph(cell: Any) -> Any:
    parts = getattr(cell, "elements", None)
    return parts[0] if parts else cell


_SLACKBLOCKS: Final[Mapping[str, Callable[..., Any]]] = {
    "actions": sb.ActionsBlock,
    "button": se.Button,
    "checkboxes": se.CheckboxGroup,
    "column": lambda align=None, is_wrapped=None: so.ColumnSettings(
        align=align, is_wrapped=is_wrapped
    ),
    "confirm": so.ConfirmationDialogue,
    "context": sb.ContextBlock,
    "date": _rich_date,
    "divider": sb.DividerBlock,
    "emoji": sr.RichTextEmoji,
    "header": sb.HeaderBlock,
    "input": sb.InputBlock,
    "markdown": sb.MarkdownBlock,
    "mrkdwn": _slackblocks_text("mrkdwn"),
    "option": so.Option,
    "overflow": se.OverflowMenu,
    "plain_text": _slackblocks_text("plain_text"),
    "plain_text_input": se.PlainTextInput,
    "raw_text": so.RawText,
    "rich_text": sb.RichTextBlock,
    "rich_text_list": lambda **members: sr.RichTextList(
        members.pop("style"), **members
    ),
    "rich_text_preformatted": sr.RichTextCodeBlock,
    "rich_text_quote": sr.RichTextQuote,
    "rich_text_section": sr.RichTextSection,
    "section": sb.SectionBlock,
    "static_select": se.StaticSelectMenu,
    "style": dict,
    "table": _slackblocks_table,
    "text": _rich_run,
}
_BLOCKKIT: Final[Mapping[str, Callable[..., Any]]] = {
    "actions": kit.Actions,
    "button": kit.Button,
    "checkboxes": kit.Checkboxes,
    "column": kit.ColumnSettings,
    "confirm": kit.Confirm,
    "context": kit.Context,
    "date": lambda style=None, **members: kit.RichDateEl(**members),
    "divider": kit.Divider,
    "emoji": kit.RichEmojiEl,
    "header": kit.Header,
    "input": kit.Input,
    "markdown": kit.Markdown,
    "mrkdwn": lambda **members: kit.Text(**members, type="mrkdwn"),
    "option": kit.Option,
    "overflow": kit.Overflow,
    "plain_text": lambda **members: kit.Text(**members, type="plain_text"),
    "plain_text_input": kit.PlainTextInput,
    "raw_text": kit.RawText,
    "rich_text": kit.RichText,
    "rich_text_list": kit.RichTextList,
    "rich_text_preformatted": kit.RichTextPreformatted,
    "rich_text_quote": kit.RichTextQuote,
    "rich_text_section": kit.RichTextSection,
    "section": kit.Section,
    "static_select": kit.StaticSelect,
    "style": kit.RichStyle,
    "table": kit.Table,
    "text": kit.RichTextEl,
}
