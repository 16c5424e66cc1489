# ruff: noqa: RUF001  the quotes and dashes that chat programs type are the point
import time

import pytest

from bot.keyboard import straightened, unmarked, words_of

LATELY = ("--hours", "2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  task   4134 ", ["task", "4134"]),
        ("logs --search 'out of memory'", ["logs", "--search", "out of memory"]),
        ('logs --search "out of memory"', ["logs", "--search", "out of memory"]),
        ("logs --search “out of memory”", ["logs", "--search", "out of memory"]),
        ("logs --search ‘out of memory’", ["logs", "--search", "out of memory"]),
        ("logs --search «out of memory»", ["logs", "--search", "out of memory"]),
        ("`task 4134`", ["task", "4134"]),
        ("```task 4134```", ["task", "4134"]),
        ("task\u00a041345358\u200b", ["task", "41345358"]),
        ("task <https://x|41345358>", ["task", "41345358"]),
        ("task <https://x.y/41345358>", ["task", "https://x.y/41345358"]),
        ("task <https://x.y/a|>", ["task", "https://x.y/a"]),
        ("task <tel:41345358|41345358>", ["task", "41345358"]),
        ("task <tel:41345358>", ["task", "41345358"]),
        ("logs --search <mailto:a@b.c|a@b.c>", ["logs", "--search", "a@b.c"]),
        ("<@U01ALICE> task 4134", ["task", "4134"]),
        ("task <@U01ALICE|alice> 4134", ["task", "4134"]),
        ("logs --search <#C01|general>", ["logs", "--search", "general"]),
        ("logs --search <#C01>", ["logs", "--search", "C01"]),
        ("logs --search <#C01|> --hours 2", ["logs", "--search", "C01", *LATELY]),
        ("logs --search ```CUDA out```", ["logs", "--search", "CUDA out"]),
        ("logs --search ```\nCUDA out\n```", ["logs", "--search", "CUDA out"]),
        ("logs —search=`CUDA out` --hours 2", ["logs", "—search=CUDA out", *LATELY]),
        ("logs --search `a “b” c`", ["logs", "--search", 'a "b" c']),
        ("logs --search `it's a “b”`", ["logs", "--search", "it's", "a", '"b"']),
        ("`logs --search CUDA` `x`", ["logs", "--search", "CUDA", "x"]),
        ("logs --search '&lt;b&gt; &amp;amp;'", ["logs", "--search", "<b> &amp;"]),
        ("logs --search don't", ["logs", "--search", "don't"]),
        ("logs --search don’t", ["logs", "--search", "don't"]),
        ('task "4134', ["task", '"4134']),
        ("logs # all", ["logs", "#", "all"]),
    ],
)
def test_words_as_people_type_them(text: str, words: list[str]) -> None:
    """Quotes, links, mentions and entities, as Slack and phones make them."""
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "words", "ended"),
    [
        ("*task* 41345358.", "task 41345358.", "task 41345358"),
        ("_task 41345358_", "task 41345358", "task 41345358"),
        ("task *41345358*!", "task 41345358*!", "task 41345358"),
        ("~task~ #41345358", "task 41345358", "task 41345358"),
        ("*logs* --search *done*.", "logs --search *done*.", "logs --search *done*."),
        ("logs --search=done.", "logs --search=done.", "logs --search=done."),
        ("logs —search done.", "logs —search done.", "logs —search done."),
        (
            "logs --search a --json.",
            "logs --search a --json.",
            "logs --search a --json",
        ),
        ("logs --field note>*", "logs --field note>*", "logs --field note>*"),
        ("logs --search &lt;b&gt;", "logs --search <b>", "logs --search <b>"),
        ("health !", "health !", "health"),
        ("runpod terminate *", "runpod terminate *", "runpod terminate *"),
        ("runpod terminate *?", "runpod terminate *?", "runpod terminate *"),
        ("logs # all", "logs # all", "logs # all"),
        ("", "", ""),
    ],
)
def test_marks_and_the_end_of_a_sentence_are_no_words(
    text: str, words: str, ended: str
) -> None:
    """But for what is searched for, which stays as it was typed."""
    found = words_of(text)

    assert unmarked(found) == tuple(words.split())
    assert unmarked(found, sentence=True) == tuple(ended.split())


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("—hours", "--hours"),
        ("–hours=2", "--hours=2"),
        ("---hours", "--hours"),
        ("-hours", "--hours"),
        ("--hours", "--hours"),
        ("-h", "-h"),
        ("4134", "4134"),
        ("-5", "-5"),
    ],
)
def test_a_flag_has_two_dashes(typed: str, word: str) -> None:
    """Whatever a keyboard made of them; one letter is no flag of ours."""
    assert straightened(typed) == word


@pytest.mark.parametrize(
    "part",
    ["<#", "<!a|", "<@", "<https://", "<tel:1|", "-", "--search", "--search `", "`"],
)
def test_a_hostile_line_takes_no_longer_than_another(part: str) -> None:
    """Slack takes forty thousand characters."""
    began = time.process_time()
    words_of(part * (40_000 // len(part)))

    assert time.process_time() - began < 2
