from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.octollm.pairs import split


@pytest.mark.parametrize(
    ("text", "event", "held"),
    [
        ("database.closed", "database.closed", {}),
        ("a.long.event.of.more.than.30.signs x=1", "a.long.event.of.more.than.30.signs",
         {"x": 1}),
        ("went wrong here      n=-3 f=1.5e3 b=True o=None", "went wrong here",
         {"n": -3, "f": 1500.0, "b": True, "o": None}),
        ("e  goal='a b=c' id=88f5-1", "e", {"goal": "a b=c", "id": "88f5-1"}),
        ('e  error="it\'s\\nso" x=1', "e", {"error": "it's\nso", "x": 1}),
        ("e  checks={'a': True, 'b': ['}', {'c': 1}]} x=1", "e",
         {"checks": {"a": True, "b": ["}", {"c": 1}]}, "x": 1}),
        ("e  task=<Task at 0x7f> x=1", "e", {"task": "<Task at 0x7f>", "x": 1}),
        ("e  cut='no end", "e", {"cut": "'no end"}),
        ("e  cut={'no': 'end' x=1", "e", {"cut": "{'no': 'end'", "x": 1}),
        ("e  odd={a: b} x=1", "e", {"odd": "{a: b}", "x": 1}),
        ("e  empty= x=1", "e", {"empty": "", "x": 1}),
        ("e  big=1234567890123456789012", "e", {"big": 1234567890123456789012.0}),
        ("e  last=", "e", {"last": ""}),
        ("e  q='a'rest", "e", {"q": "a"}),
    ],
)  # fmt: skip
def test_pairs_are_read_as_python_wrote_them(
    text: str, event: str, held: dict[str, object]
) -> None:
    """Texts, numbers, words, containers, and what is cut short."""
    assert split(text) == (event, held)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.one_of(st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.text()),
        min_size=1,
    )
)
def test_what_is_written_is_read_again(held: dict[str, object]) -> None:
    """Every value as its repr."""
    text = " ".join(f"{key}={value!r}" for key, value in held.items())

    assert split(f"event   {text}") == ("event", held)


@given(st.text(alphabet="a='\"{[()]} \\\n", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Without an error."""
    assert isinstance(split(text)[0], str)


def test_threads_may_split_at_the_same_time() -> None:
    """Python 3.11 makes one tree after the other, or fails."""
    text = f"e  goal='a b' list={[[n, [n]] for n in range(40)]}"

    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: split(text)[1], range(800))]

    assert all(each["list"][39] == [39, [39]] for each in found)
