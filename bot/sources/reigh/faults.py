"""What went wrong, in one calm line that quotes no row and no key."""

import re
from typing import Final

import httpx

from bot.domain.errors import SourceDown

SOURCE: Final = "supabase"

# Of the database for what is read and compared, of PostgREST for what is written.
NO_COLUMN: Final = ("42703", "PGRST204")
_MISSING: Final = tuple(
    re.compile(words)
    for words in (
        r"column (?P<table>\w+?)(?:_\d+)?\.(?P<column>\w+) does not exist",
        r"""[Cc]olumn ['"](?P<column>\w+)['"] of relation ['"](?P<table>\w+)['"]""",
        r"the '(?P<column>\w+)' column of '(?P<table>\w+)'",
    )
)
_REFUSED_KEY: Final = re.compile(
    r"(?i)^401:|^PGRST30[123]:|^22023: role|api key|\bJWT|\bJWS"
)
_EXPLANATIONS: Final = {
    "42P01": "has no table {name}",
    "PGRST205": "has no table {name}",
    "PGRST200": "cannot join {name}: a table, or their relation, is missing",
    "PGRST202": "has no function {name}",
    "42703": "has no column {name}",
    "PGRST204": "has no column {name}",
    "42501": "does not let this key {to} {name}",
    "57014": "cancelled the query: it took too long",
    "PGRST001": "has lost its database for the moment",
    "PGRST002": "has lost its database for the moment",
    "PGRST003": "has no free connection to its database",
}


def lacks_it(error: SourceDown) -> bool:
    """Tell whether the source is well, and only lacks or hides what was asked about."""
    code = getattr(error.__cause__, "code", None)
    return code in ("42P01", "PGRST205", "PGRST200", "42703", "42501")


def missing(message: str) -> tuple[str, str] | None:
    """Return the table, and the column that it lacks by this message."""
    for words in _MISSING:
        if found := words.search(message):
            return found["table"], found["column"]
    return None


def unreachable(error: httpx.HTTPError) -> str:
    """Return why no whole answer came."""
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached at the address in SUPABASE_URL"
    return "broke the connection before its answer was whole"


def surely_unmade(error: SourceDown, *, status: int) -> bool:
    """Tell whether it is sure that a change was not made: never sent, or refused.

    A status of 5xx may come from a gateway that lost the answer, and one of 2xx
    belongs to a change that was made, whatever its body lacks.
    """
    if status:
        return 300 <= status < 500
    cause = error.__cause__
    unsent = (
        *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
        *(httpx.ProxyError, httpx.UnsupportedProtocol, httpx.LocalProtocolError),
    )
    return isinstance(cause, unsent) or not isinstance(
        cause, TimeoutError | httpx.HTTPError
    )


def explained(error: Exception, *, status: int, to: str) -> SourceDown:
    """Return what an error of the library means, without quoting rows or keys.

    *status* is that of the answer, 0 without one; *to* is what was to be done with
    the rows.
    """
    code = getattr(error, "code", None)
    message = str(getattr(error, "message", None) or "")
    if code is None and not message and status < 400:
        kind = type(error).__name__
        return SourceDown(SOURCE, f"could not be asked ({kind})")
    if _REFUSED_KEY.search(f"{code}: {message}") or (code is None and status == 401):
        why = ", which has expired" if "expired" in message.lower() else ""
        return SourceDown(SOURCE, f"refused the key in SUPABASE_SERVICE_ROLE_KEY{why}")
    if code in _EXPLANATIONS:
        found = re.search(r"(?:relation|table|column|function) \W?([\w.]+)", message)
        name = found[1].removeprefix("public.") if found else "that"
        if joined := re.search(r"between '(\w+)' and '(\w+)'", message):
            name = f"{joined[1]} and {joined[2]}"
        if code == "PGRST204" and (lacked := missing(message)):
            name = ".".join(lacked)
        return SourceDown(SOURCE, _EXPLANATIONS[code].format(name=name, to=to))
    # An error of a gateway has no code, or the status in its place.
    odd = code if code and re.fullmatch(r"[45]\d\d", code) else None
    if code is None:
        odd = str(status)
    if odd == "429":
        return SourceDown(SOURCE, "asks to be asked less often (429)")
    if odd is not None:
        return SourceDown(SOURCE, f"answered with HTTP status {odd}")
    return SourceDown(SOURCE, f"refused the request ({code})")
