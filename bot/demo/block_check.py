"""What Slack refuses in blocks, in Slack's own words where they are known.

The limits are those of Slack's block reference and of refusals people reported.
Nothing here is shared with the product: a witness must not copy the accused.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
ATTACHMENTS = 100
SUGGESTIONS = 100
MESSAGE_TEXT = 4000  # above it Slack cuts or answers msg_too_long
ALL_TEXT = 13_200  # undocumented; sums from 13,172 were seen refused
MARKDOWN_TEXT = 12_000
PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")

SELECTS = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
PICKERS = frozenset({"checkboxes", "radio_buttons", "datepicker", "timepicker"})
CLICKABLE = SELECTS | PICKERS | {"button", "overflow", "workflow_button"}
ACCESSORIES = CLICKABLE | {"image"}
IN_ACTIONS = CLICKABLE | {"datetimepicker"}
INPUTS = (
    SELECTS
    | PICKERS
    | {"datetimepicker", "plain_text_input", "number_input", "email_text_input"}
    | {"url_text_input", "rich_text_input", "file_input"}
)
IN_CONTAINER = frozenset(
    {"actions", "context", "divider", "file", "header", "image", "input"}
    | {"rich_text", "section", "table", "video"}
)
IN_MESSAGE_ONLY = frozenset({"markdown", "context_actions", "task_card", "plan"})
RICH_PARTS = {
    "text": ("text",),
    "link": ("url",),
    "user": ("user_id",),
    "usergroup": ("usergroup_id",),
    "channel": ("channel_id",),
    "team": ("team_id",),
    "emoji": ("name",),
    "date": ("timestamp", "format"),
    "color": ("value",),
    "broadcast": ("range",),
}
RICH_STYLES = frozenset({"bold", "italic", "strike", "code", "underline", "highlight"})
COMMON = frozenset({"type", "block_id"})
KEYS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text"},
    "divider": set(),
    "context": {"elements"},
    "context_actions": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "markdown": {"text"},
    "rich_text": {"elements"},
    "table": {"rows", "column_settings"},
    "file": {"external_id", "source"},
    "alert": {"text", "level"},
    "container": {
        *("title", "rich_text_title", "subtitle", "child_blocks", "width", "icon"),
        *("is_collapsible", "default_collapsed", "has_header_divider"),
    },
}
ELEMENT_KEYS = {
    "button": {
        *("type", "text", "action_id", "url", "value", "style", "confirm"),
        "accessibility_label",
    },
    "overflow": {"type", "action_id", "options", "confirm"},
    "static_select": {
        *("type", "action_id", "options", "option_groups", "initial_option"),
        *("confirm", "focus_on_load", "placeholder"),
    },
    "external_select": {
        *("type", "action_id", "min_query_length", "initial_option"),
        *("confirm", "focus_on_load", "placeholder"),
    },
}


def message_errors(message: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Return Slack's error code and its reasons, None when *message* is fine."""
    blocks = message.get("blocks")
    attachments = message.get("attachments") or []
    if len(message.get("text") or "") > MESSAGE_TEXT:
        return "msg_too_long", []
    if not message.get("text") and not blocks and not attachments:
        return "no_text", []
    if len(attachments) > ATTACHMENTS:
        return "too_many_attachments", []
    return None if blocks in (None, []) else _blocks_errors(blocks)


def _blocks_errors(blocks: Any) -> tuple[str, list[str]] | None:
    check = Check("message")
    check.blocks(blocks, "/blocks", MESSAGE_BLOCKS)
    if check.tables > 1:
        return "invalid_attachments", ["only_one_table_allowed"]
    if check.errors:
        return "invalid_blocks", check.errors
    if total_text(blocks) > ALL_TEXT:
        return "msg_blocks_too_long", []
    return None


def view_errors(view: dict[str, Any]) -> list[str]:
    """Return why Slack would refuse a modal or an App Home; none when it is fine."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return ["must be one of: modal, home [json-pointer:/view/type]"]
    check = Check("modal" if kind == "modal" else "home")
    blocks = view.get("blocks")
    check.blocks(blocks, "/view/blocks", VIEW_BLOCKS)
    for name, most in (
        *(("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)),
    ):
        if name in view:
            check.string(view[name], f"/view/{name}", most)
    for name in ("title", "submit", "close"):
        if name in view and view[name] is not None:
            if kind == "home":
                check.fail(f"invalid additional property: {name}", "/view")
            else:
                check.text(view[name], f"/view/{name}", 24, PLAIN)
    if kind == "modal" and not view.get("title"):
        check.fail("missing required field: title", "/view")
    has_input = any(
        isinstance(block, dict) and block.get("type") == "input"
        for block in blocks or []
    )
    if kind == "modal" and has_input and not view.get("submit"):
        check.fail("missing required field: submit", "/view")
    return check.errors


def options_errors(options: Any) -> list[str]:
    """Return why Slack would show none of an answer to a block_suggestion."""
    check = Check("modal")
    if options != []:
        check.options(options, "/options", SUGGESTIONS, "select")
    return check.errors


def total_text(value: Any) -> int:
    """Return how many characters people read in *value*, blocks or part of them."""
    if isinstance(value, list):
        return sum(map(total_text, value))
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    read = len(own) if isinstance(own, str) else 0
    return read + sum(
        total_text(item) for item in value.values() if isinstance(item, dict | list)
    )


def unfolded(markdown: str) -> int:
    """Return how many blocks Slack makes of a markdown block.

    Each heading and each rule is one, and each run of other text.
    """
    count, in_run = 0, False
    for line in markdown.splitlines():
        if re.match(r"#{1,6} |(-{3,}|\*{3,}|_{3,})\s*$", line):
            count, in_run = count + 1, False
        elif line.strip() and not in_run:
            count, in_run = count + 1, True
    return max(1, count)


class Check:
    """One pass over the blocks of one surface; collects what is wrong."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.errors: list[str] = []
        self.tables = 0
        self._block_ids: set[str] = set()
        self._action_ids: set[str] = set()
        self._markdown = 0
        self._count = 0

    def fail(self, reason: str, at: str) -> None:
        """Note that *reason* holds at this place."""
        self.errors.append(f"{reason} [json-pointer:{at}]")

    def blocks(self, blocks: Any, at: str, most: int) -> None:
        """Check a whole list of blocks."""
        for place, block in self.items(blocks, at, most):
            self.block(block, place)
        if self._count > most and len(blocks or []) <= most:
            self.fail(f"no more than {most} items allowed", at)
        if self._markdown > MARKDOWN_TEXT:
            self.fail(f"must be less than {MARKDOWN_TEXT + 1} characters", at)

    def block(self, block: Any, at: str) -> None:
        """Check one block."""
        if not isinstance(block, dict):
            self.fail("must be an object", at)
            return
        kind = block.get("type")
        check = BLOCKS.get(kind) if isinstance(kind, str) else None
        if check is None:
            self.fail(f"unsupported type: {kind}", f"{at}/type")
            return
        self._count += unfolded(str(block.get("text"))) if kind == "markdown" else 1
        if not self._fits_surface(str(kind)):
            self.fail(f"unsupported type: {kind}", f"{at}/type")
            return
        if kind in KEYS:
            self.keys(block, KEYS[kind] | COMMON, at)
        block_id = block.get("block_id")
        if block_id is not None:
            self.string(block_id, f"{at}/block_id", 255)
            if block_id in self._block_ids:
                reason = f"`block_id` {block_id} already exists"
                self.fail(reason, f"{at}/block_id")
            self._block_ids.add(block_id)
        self._action_ids = set()  # unique within a block
        check(self, block, at)

    def _fits_surface(self, kind: str) -> bool:
        if kind == "alert":
            return self.surface == "modal"
        if kind == "input":
            return self.surface != "message"
        if kind in IN_MESSAGE_ONLY:
            return self.surface == "message"
        return True

    def keys(
        self, value: dict[str, Any], known: set[str] | frozenset[str], at: str
    ) -> None:
        """Refuse a key Slack does not know."""
        for name in value:
            if name not in known:
                self.fail(f"invalid additional property: {name}", at)

    def string(self, value: Any, at: str, most: int, *, least: int = 0) -> None:
        """Check a string and its length."""
        if not isinstance(value, str):
            self.fail("must be a string", at)
        elif len(value) > most:
            self.fail(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            self.fail(f"must be more than {least - 1} characters", at)

    def text(
        self, value: Any, at: str, most: int, kinds: Sequence[str] = ANY_TEXT
    ) -> None:
        """Check a text object."""
        if not isinstance(value, dict):
            self.fail("must be an object", at)
            return
        kind = value.get("type")
        if kind not in kinds:
            reason = f"must be one of: {', '.join(kinds)}" if kind else ""
            self.fail(reason or "missing required field: type", f"{at}/type")
            return
        extra = {"emoji"} if kind == "plain_text" else {"verbatim"}
        self.keys(value, {"type", "text"} | extra, at)
        self.string(value.get("text"), f"{at}/text", most, least=1)

    def items(
        self, value: Any, at: str, most: int, *, least: int = 1
    ) -> list[tuple[str, Any]]:
        """Check a list's length; return its items, each with its place."""
        if not isinstance(value, list):
            self.fail("must be an array", at)
            return []
        if len(value) > most:
            self.fail(f"no more than {most} items allowed", at)
        if len(value) < least:
            self.fail(f"must have at least {least} items", at)
        return [(f"{at}/{number}", item) for number, item in enumerate(value)]

    def one_of(self, value: Any, allowed: Sequence[str], at: str) -> None:
        """Check a word that must be one of a few."""
        if value not in allowed:
            self.fail(f"must be one of: {', '.join(allowed)}", at)

    def section(self, block: dict[str, Any], at: str) -> None:
        """Check a section."""
        if not block.get("text") and not block.get("fields"):
            self.fail("must define either `fields` or `text`", at)
        if block.get("text"):
            self.text(block["text"], f"{at}/text", 3000)
        if block.get("fields"):
            for place, item in self.items(block["fields"], f"{at}/fields", 10):
                self.text(item, place, 2000)
        if "accessory" in block:
            self.element(block["accessory"], f"{at}/accessory", ACCESSORIES)

    def header(self, block: dict[str, Any], at: str) -> None:
        """Check a header."""
        self.text(block.get("text"), f"{at}/text", 150, PLAIN)

    def divider(self, block: dict[str, Any], at: str) -> None:
        """Check a divider: nothing can be wrong with it."""

    def context(self, block: dict[str, Any], at: str) -> None:
        """Check a context block."""
        for place, item in self.items(block.get("elements"), f"{at}/elements", 10):
            if isinstance(item, dict) and item.get("type") == "image":
                self.image(item, place)
            else:
                self.text(item, place, 3000)

    def context_actions(self, block: dict[str, Any], at: str) -> None:
        """Check feedback and icon buttons."""
        allowed = frozenset({"feedback_buttons", "icon_button"})
        for place, item in self.items(block.get("elements"), f"{at}/elements", 5):
            self.element(item, place, allowed)

    def actions(self, block: dict[str, Any], at: str) -> None:
        """Check an actions block."""
        for place, item in self.items(block.get("elements"), f"{at}/elements", 25):
            self.element(item, place, IN_ACTIONS)

    def image(self, block: dict[str, Any], at: str) -> None:
        """Check an image, a block or an element."""
        if not block.get("image_url") and not block.get("slack_file"):
            self.fail("must define either `image_url` or `slack_file`", at)
        if "image_url" in block:
            self.string(block["image_url"], f"{at}/image_url", 3000, least=1)
        self.string(block.get("alt_text"), f"{at}/alt_text", 2000)
        if "title" in block:
            self.text(block["title"], f"{at}/title", 2000, PLAIN)

    def input(self, block: dict[str, Any], at: str) -> None:
        """Check an input."""
        self.text(block.get("label"), f"{at}/label", 2000, PLAIN)
        if "hint" in block:
            self.text(block["hint"], f"{at}/hint", 2000, PLAIN)
        self.element(block.get("element"), f"{at}/element", INPUTS)

    def markdown(self, block: dict[str, Any], at: str) -> None:
        """Check a markdown block; the limit is on all of them together."""
        self.string(block.get("text"), f"{at}/text", MARKDOWN_TEXT, least=1)
        self._markdown += len(str(block.get("text")))

    def rich_text(self, block: dict[str, Any], at: str) -> None:
        """Check a rich text block or cell."""
        for place, part in self.items(block.get("elements"), f"{at}/elements", 1000):
            kind = part.get("type") if isinstance(part, dict) else None
            inner = f"{place}/elements"
            if kind == "rich_text_list":
                self.one_of(part.get("style"), ("bullet", "ordered"), f"{place}/style")
                if part.get("indent", 0) not in range(9):
                    self.fail("must be less than 9", f"{place}/indent")
                for child, item in self.items(part.get("elements"), inner, 1000):
                    if (
                        not isinstance(item, dict)
                        or item.get("type") != "rich_text_section"
                    ):
                        self.fail("unsupported type", f"{child}/type")
                    else:
                        self._rich(
                            item.get("elements"), f"{child}/elements", RICH_PARTS
                        )
            elif kind in ("rich_text_section", "rich_text_quote"):
                self._rich(part.get("elements"), inner, RICH_PARTS)
            elif kind == "rich_text_preformatted":
                self._rich(part.get("elements"), inner, ("text", "link"))
            else:
                self.fail(f"unsupported type: {kind}", f"{place}/type")

    def _rich(self, elements: Any, at: str, allowed: Any) -> None:
        for place, item in self.items(elements, at, 10_000, least=0):
            kind = item.get("type") if isinstance(item, dict) else None
            if kind not in allowed:
                self.fail(f"unsupported type: {kind}", f"{place}/type")
                continue
            for name in RICH_PARTS[str(kind)]:
                if item.get(name) in (None, ""):
                    self.fail(f"missing required field: {name}", place)
            style = item.get("style") or {}
            if not isinstance(style, dict) or set(style) - RICH_STYLES:
                self.fail("invalid additional property", f"{place}/style")

    def table(self, block: dict[str, Any], at: str) -> None:
        """Check a table; more than one in a message is refused as a whole."""
        self.tables += 1
        lengths = set()
        for place, row in self.items(block.get("rows"), f"{at}/rows", 100):
            cells = self.items(row, place, 20)
            lengths.add(len(cells))
            for inner, cell in cells:
                self._cell(cell, inner)
        if len(lengths) > 1:
            self.fail("all rows must have the same number of cells", f"{at}/rows")
        settings = block.get("column_settings")
        if settings is not None:
            for place, item in self.items(settings, f"{at}/column_settings", 20):
                if item is not None:
                    self.keys(item, {"align", "is_wrapped"}, place)

    def _cell(self, cell: Any, at: str) -> None:
        kind = cell.get("type") if isinstance(cell, dict) else None
        if kind == "raw_text":
            self.string(cell.get("text"), f"{at}/text", 3000, least=1)
        elif kind == "raw_number":
            if not isinstance(cell.get("value"), int | float):
                self.fail("must be a number", f"{at}/value")
        elif kind == "rich_text":
            self.rich_text(cell, at)
        else:
            self.fail(f"unsupported type: {kind}", f"{at}/type")

    def data_table(self, block: dict[str, Any], at: str) -> None:
        """Check a data table: a header and at most a hundred rows."""
        self.string(block.get("caption"), f"{at}/caption", 150, least=1)
        for place, row in self.items(block.get("rows"), f"{at}/rows", 101, least=2):
            for inner, cell in self.items(row, place, 20):
                self._cell(cell, inner)
        if block.get("page_size", 5) not in range(1, 101):
            self.fail("must be less than 101", f"{at}/page_size")

    def data_visualization(self, block: dict[str, Any], at: str) -> None:
        """Check a chart's title; its kinds are too young to know more."""
        self.string(block.get("title"), f"{at}/title", 50)

    def alert(self, block: dict[str, Any], at: str) -> None:
        """Check an alert."""
        self.text(block.get("text"), f"{at}/text", 200)
        levels = ("default", "info", "warning", "error", "success")
        self.one_of(block.get("level", "default"), levels, f"{at}/level")

    def card(self, block: dict[str, Any], at: str) -> None:
        """Check a card."""
        for name, most in (
            *(("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)),
        ):
            if block.get(name) is not None:
                self.text(block[name], f"{at}/{name}", most)
        if "actions" in block:
            for place, item in self.items(block["actions"], f"{at}/actions", 3):
                self.element(item, place, frozenset({"button"}))

    def carousel(self, block: dict[str, Any], at: str) -> None:
        """Check a carousel of cards."""
        for place, item in self.items(block.get("elements"), f"{at}/elements", 10):
            self.card(item, place)

    def container(self, block: dict[str, Any], at: str) -> None:
        """Check a container and what is in it."""
        if "rich_text_title" not in block:
            self.text(block.get("title"), f"{at}/title", 150, PLAIN)
        if "subtitle" in block:
            self.text(block["subtitle"], f"{at}/subtitle", 150)
        children = self.items(block.get("child_blocks"), f"{at}/child_blocks", 10)
        for place, item in children:
            if isinstance(item, dict) and item.get("type") not in IN_CONTAINER:
                self.fail(f"unsupported type: {item.get('type')}", f"{place}/type")
            else:
                self.block(item, place)

    def plan(self, block: dict[str, Any], at: str) -> None:
        """Check a plan."""
        self.items(block.get("tasks"), f"{at}/tasks", 50)

    def video(self, block: dict[str, Any], at: str) -> None:
        """Check a video."""
        self.text(block.get("title"), f"{at}/title", 199, PLAIN)
        self.string(block.get("alt_text"), f"{at}/alt_text", 2000, least=1)

    def anything(self, block: dict[str, Any], at: str) -> None:
        """Accept a block of which no limit is known."""

    def element(self, element: Any, at: str, allowed: frozenset[str]) -> None:
        """Check one interactive element."""
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in allowed:
            self.fail(f"unsupported type: {kind}", f"{at}/type")
            return
        if kind == "image":
            self.image(element, at)
            return
        if kind in ELEMENT_KEYS:
            self.keys(element, ELEMENT_KEYS[kind], at)
        action_id = element.get("action_id")
        if action_id is not None:
            self.string(action_id, f"{at}/action_id", 255)
            if action_id in self._action_ids:
                reason = f"`action_id` {action_id} already exists"
                self.fail(reason, f"{at}/action_id")
            self._action_ids.add(action_id)
        if "confirm" in element:
            self._confirm(element["confirm"], f"{at}/confirm")
        if "placeholder" in element:
            self.text(element["placeholder"], f"{at}/placeholder", 150, PLAIN)
        self._particulars(element, at)

    def _particulars(self, element: dict[str, Any], at: str) -> None:
        kind = element["type"]
        if kind in ("button", "workflow_button", "icon_button"):
            self._button(element, at)
        elif kind in ("overflow", "checkboxes", "radio_buttons"):
            most = 5 if kind == "overflow" else 10
            self.options(element.get("options"), f"{at}/options", most, kind)
        elif kind in ("static_select", "multi_static_select"):
            self._select(element, at)
        elif kind == "external_select":
            if element.get("min_query_length", 3) not in range(1000):
                self.fail("must be a positive number", f"{at}/min_query_length")
        elif kind == "plain_text_input":
            if element.get("max_length", 1) not in range(1, 3001):
                self.fail("must be less than 3001", f"{at}/max_length")
        elif kind == "file_input" and element.get("max_files", 1) not in range(1, 11):
            self.fail("must be less than 11", f"{at}/max_files")

    def _button(self, element: dict[str, Any], at: str) -> None:
        self.text(element.get("text"), f"{at}/text", 75, PLAIN)
        for name, most in (
            *(("value", 2000), ("url", 3000), ("accessibility_label", 75)),
        ):
            if name in element:
                self.string(element[name], f"{at}/{name}", most)
        if "style" in element:
            self.one_of(element["style"], ("primary", "danger"), f"{at}/style")
        if len(element.get("visible_to_user_ids", [])) > 10:
            self.fail("no more than 10 items allowed", f"{at}/visible_to_user_ids")

    def _select(self, element: dict[str, Any], at: str) -> None:
        if "option_groups" in element:
            groups = self.items(element["option_groups"], f"{at}/option_groups", 100)
            for place, group in groups:
                self.text(group.get("label"), f"{place}/label", 75, PLAIN)
                self.options(group.get("options"), f"{place}/options", 100, "select")
        else:
            self.options(element.get("options"), f"{at}/options", 100, "select")

    def options(self, options: Any, at: str, most: int, kind: str) -> None:
        """Check what can be chosen."""
        kinds = ANY_TEXT if kind in ("checkboxes", "radio_buttons") else PLAIN
        for place, option in self.items(options, at, most):
            if not isinstance(option, dict):
                self.fail("must be an object", place)
                continue
            self.keys(option, {"text", "value", "description", "url"}, place)
            self.text(option.get("text"), f"{place}/text", 75, kinds)
            self.string(option.get("value"), f"{place}/value", 150, least=1)
            if "description" in option:
                self.text(option["description"], f"{place}/description", 75, kinds)
            if "url" in option:
                if kind != "overflow":
                    self.fail("invalid additional property: url", place)
                self.string(option["url"], f"{place}/url", 3000)

    def _confirm(self, confirm: Any, at: str) -> None:
        if not isinstance(confirm, dict):
            self.fail("must be an object", at)
            return
        self.keys(confirm, {"title", "text", "confirm", "deny", "style"}, at)
        self.text(confirm.get("title"), f"{at}/title", 100, PLAIN)
        self.text(confirm.get("text"), f"{at}/text", 300)
        self.text(confirm.get("confirm"), f"{at}/confirm", 30, PLAIN)
        self.text(confirm.get("deny"), f"{at}/deny", 30, PLAIN)
        if "style" in confirm:
            self.one_of(confirm["style"], ("primary", "danger"), f"{at}/style")


BLOCKS: dict[str, Callable[[Check, dict[str, Any], str], None]] = {
    "section": Check.section,
    "header": Check.header,
    "divider": Check.divider,
    "context": Check.context,
    "context_actions": Check.context_actions,
    "actions": Check.actions,
    "image": Check.image,
    "input": Check.input,
    "markdown": Check.markdown,
    "rich_text": Check.rich_text,
    "table": Check.table,
    "data_table": Check.data_table,
    "data_visualization": Check.data_visualization,
    "alert": Check.alert,
    "card": Check.card,
    "carousel": Check.carousel,
    "container": Check.container,
    "plan": Check.plan,
    "task_card": Check.anything,
    "video": Check.video,
    "file": Check.anything,
}
