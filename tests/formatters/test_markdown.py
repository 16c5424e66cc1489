"""Texts that Markdown takes for nothing but text."""

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from formatters.markdown import cell, code, fenced, inline
from tests.formatters.reports import EXAMPLES, texts

SITE = MarkdownIt("gfm-like")


def kinds_in(text: str) -> set[str]:
    """Return the kinds of everything that a site makes of the text."""
    return kinds_of(SITE.parse(text))


def kinds_of(tokens: list[Token]) -> set[str]:
    """Return the kinds of these and of all within them."""
    found = {token.type for token in tokens}
    return found.union(*(kinds_of(token.children or []) for token in tokens))


HARMLESS = {
    *("paragraph_open", "paragraph_close", "inline"),
    *("text", "code_inline", "text_special"),
}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("3 workers lost, 2 tasks failed (likely)", None),
        ("it's 50% done: $12.50/h, at 2026-01-31 12:00:00Z", None),
        ("ünïcode “quoted” words — and a dash, 🔄 too", None),
        ("a → b · c", None),
        ("gpu-1_2 crashed", "`gpu-1_2` crashed"),
        ("its limit (MAX_IDLE) is", "its limit (`MAX_IDLE`) is"),
        ("see #12, @here", "see `#12`, `@here`"),
        ("- no list", "`-` no list"),
        ("1. no list", "`1`. no list"),
        ("www.evil.example and evil.example", "`www.evil.example` and `evil.example`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("by [gpu-4, gpu-4, gpu-4]", "by `[gpu-4, gpu-4, gpu-4]`"),
        ("it ([a, [b], c]).", "it (`[a, [b], c]`)."),
        ("not [closed at all", "not `[closed` at all"),
        ("[Errno 2] No such file", "`[Errno 2]` No such file"),
        ("error='1 error", "`error=`'1 error"),
        ("error='(a.Error) at", "`error=`'(`a.Error`) at"),
        ("error='1' of 2", "`error='1`' of 2"),
        ("two\nlines", "two ↵ lines"),
        ("", ""),
    ],
)
def test_words_stay_words_and_all_else_becomes_code(
    text: str, written: str | None
) -> None:
    """Prose reads as prose, and an id can be copied."""
    assert inline(text) == (text if written is None else written)


@pytest.mark.parametrize(
    "text",
    [
        "# heading",
        "=====",
        "---",
        "+ item",
        "12) item",
        "> quote",
        "    indented",
        "<img src=x onerror=alert(1)> <script>x</script> <!-- c -->",
        "&lt;b&gt; &#64;here",
        "[a](https://evil.example) ![b](https://evil.example/x.png) [c]: https://d",
        "https://evil.example/a_b www.evil.example a@evil.example <https://x>",
        "@channel @here @everyone <!channel> <@U01ALICE> #42 owner/repo#1",
        "**bold** _it_ ~~gone~~ `code` ``` fence",
        "a | b \\| c",
        "\\# \\* back\\",
        "$x$ $$y$$ [^1] [ ] :+1:",
        "```\nfence\n```",
        "ftp://x mailto:a@b.example xmpp:a@b",
        "evil.com, evil.com; (evil.com) evil.com/a?b evil.com:80 пример.рф. a//evil.c",
        "//evil.com 127.0.0.1:80 1.2.3.4 evil.com! 'evil.com' e.g. evil.com…",
    ],
)
def test_no_text_means_anything(text: str) -> None:
    """Neither here nor behind something: no link, picture, heading, list or HTML."""
    assert kinds_in(f"{inline(text)}\n") <= HARMLESS
    assert kinds_in(f"so: {inline(text)}\n") <= HARMLESS


@EXAMPLES
@given(texts)
def test_any_text_at_all_means_nothing(text: str) -> None:
    """Whatever somebody logs."""
    assert kinds_in(f"so: {inline(text)}\n") <= HARMLESS
    assert "\n" not in inline(text) + cell(text) + code(text)


@EXAMPLES
@given(texts, texts)
def test_any_text_stays_in_its_cell(one: str, another: str) -> None:
    """A bar begins no further cell."""
    table = f"| a | b |\n| --- | --- |\n| {cell(one)} | {cell(another)} |\n"

    tokens = [each.type for each in SITE.parse(table)]

    assert tokens.count("td_open") == 2
    assert tokens.count("tr_open") == 2


def test_a_bar_is_shown_as_it_is() -> None:
    """A site takes the stroke before it away again."""
    assert cell("a|b") == "`a\\|b`"


@EXAMPLES
@given(texts)
def test_no_line_ends_a_block_of_code(text: str) -> None:
    """Its marks are longer than any within."""
    tokens = SITE.parse(f"{fenced(text)}\n\nafter\n")

    assert [each.type for each in tokens] == [
        "fence",
        *("paragraph_open", "inline", "paragraph_close"),
    ]


def test_a_block_keeps_its_lines() -> None:
    """As they were, without what moves a cursor."""
    assert fenced("one ```\n\x1b[31mtwo") == "````text\none ```\ntwo\n````"
