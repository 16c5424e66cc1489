import pytest

from bot.sources.reigh.conditions import quoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a,b.c:d(e)", '"a,b.c:d(e)"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
    ],
)
def test_values_of_an_or_filter_are_quoted(value: str, text: str) -> None:
    """Otherwise their own signs would end them."""
    assert quoted(value) == text
