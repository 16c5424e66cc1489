"""Texts of others, cut to fit into a line of ours."""


def cut(text: str, most: int) -> str:
    """Return the text, of at most so many characters; a cut one ends in `…`."""
    return text if len(text) <= most else text[: most - 1] + "…"


def first_line(text: str) -> str:
    """Return the first line that says anything; empty where none does."""
    return text.strip().splitlines()[0] if text.strip() else ""
