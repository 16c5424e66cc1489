"""Nothing secret leaves: one pattern, used where an answer or a log line goes out."""

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import TypeVar, cast

from bot.domain.escapes import without_colours, without_escapes

HIDDEN = "[hidden]"

# What is not anchored is bounded: a text of a thousand addresses without a space would
# otherwise be read to its end from each of them, while everything waits.
_SECRET = re.compile(
    r"""
      eyJ[\w-]{8,999}\.[\w-]{4,}(?:\.[\w-]*)?       # a JWT, whole or cut short
    | sb_(?:secret|publishable)_[\w-]+              # Supabase's opaque keys
    | (?:xox[a-z]|xapp|xwfp)(?:[-.][\w-]+)+         # Slack, every shape of it
    | https://hooks\.slack\.com/[^\s"'<>]+
    | (?:gh[opsu]_|github_pat_)\w{16,}
    | AIza[\w-]{30,}                                # Google
    | (?:\b|(?<=\\[nrt]))(?:                        # as in a text that JSON escaped
          (?:rpa|rps)_[A-Za-z0-9]{6,}               # RunPod
        | (?:sk[-_]|pk_|hf_|r8_|sbp_|npm_|glpat-)[A-Za-z0-9_-]{16,}
        | AKIA[A-Z0-9]{16}\b
      )
    | (?P<cookie>(?i:\b(?:set-)?cookie\\?+["']?+\s*[:=]\s*+\\?+["']?+))
          (?!\[hidden\])[^\s"'=\\]{1,64}=[^\n"'\\]+
    | (?P<rest>(?i:private\ key\ (?:
          starts\ with|\((?:first|start|begin)[^)\n]{0,40}\))))(?:
          [^\w\n]{0,8}?-----BEGIN[ ][A-Z ]*-----
              (?:[\w+/=\s\\]*-----END[ ][A-Z ]*-----|(?:\s|\\n)*[\w+/=]*)
        | (?:[:\s]*"(?=[\w+/]))?[^\n"]*
      )
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY(?:[ ]BLOCK)?-----.*?
          (?:-----END[ ][A-Z ]*-----|\Z)
    | (?P<arguments>(?i:docker_?args)\\*+["']?+[ \t]*+[:=][ \t]*+\\*+["']?+)
      (?!\[hidden\]|(?i:null|none)\b)(?:
          (?<=\\["'])(?:[^"\\\n]|\\{3}["'n])++
        | (?<=")(?:\\.|[^"\\\n])++
        | (?<=')(?:\\.|[^'\\\n])++
        | (?<!["'])(?:(?<=[\s=])"(?![\s,:}\]]|\Z)[^"\n]*+"?|\\(?!n)[^\n]|[^"\\\n])++
      )
    | (?P<lead>
          (?i:--(?:supabase-access-token|password|passphrase|token)[= ]\s*+["']?+)
        | (?i:\bauthorization\\?+["']?+\s*[:=]\s*+\\?+["']?+(?:bearer|basic|token)\s++)
        | (?i:\bbearer\s++)(?=\S{16}|\S*\d)         # not "bearer authentication"
        | (?i:\btoken\\?+["']?+\s*[:=]\s*+\\?+["']?+)(?=[^\s"']{12})
        | (?i:\btoken(?:\\?+["']\s*+[:=]|=)\s*+\\?+["']?+)
              (?!\d[\d.,]*+[A-Za-z]*+(?!\w))     # a number, with its unit
              (?=[A-Za-z]*+\d)(?=\d*+[A-Za-z])(?=[\w.~+/-]{6})
        | (?i:sshpass\s++-p\s*+\\?+["']?+)
        | (?i:\b\w{0,40}(?:password|passwd|pwd|passphrase|secret|api[_-]?key|_key
               |_token|accesstoken|authtoken)\\?+["']?+\s*[:=]\s*+\\?+["']?+)
      )(?!\[hidden\])(?:
          (?<=\\["'])[^"'\\\n]+
        | (?<=")(?:\\.|[^"\\\n])+
        | (?<=')(?:\\.|[^'\\\n])+
        | (?<!["'])(?:[^\s"',;)\]}]|[,;)\]}](?![\s"']|\Z))+
      )
    | (?P<user>://[^\s:/@"']{0,256}:)(?!\[hidden\]|\d+/)
          [^\s"'<>@]{1,256}(?:@[^\s"'<>@/]{1,256}){0,3}(?=@)
    | (?P<bare>://)(?!\[hidden\])[A-Za-z0-9_-]{16,256}(?=@)  # a token alone
    | (?P<url>https?://[^\s?"'<>]{1,1024})\?(?P<query>(?:(?!https?://)[^\s"'<>])+)
    """,
    re.VERBOSE | re.DOTALL,
)
# As an address writes it, where `=` is %3D; in an address inside another one each % is
# %25 once more. It begins with what most lines lack, so that it is soon found missing.
_ADDRESSED = re.compile(
    r"""
    (%(?i:(?<=token%)|(?<=password%)|(?<=passwd%)|(?<=pwd%)|(?<=passphrase%)
         |(?<=secret%)|(?<=_key%)|(?<=api-key%)|(?<=apikey%)|(?<=authorization%)
         |(?<=cookie%))
     (?:25){0,3}(?:2[027]%(?:25){0,3})*+3[ADad](?:%(?:25){0,3}(?:2[027]|5[Cc]))*+)
    (?!\[hidden\])(?:[^\s"',;)\]}]|[,;)\]}](?![\s"']|\Z))+
    """,
    re.VERBOSE,
)
_NAMES = "env(?:iron(?:ment)?|_?vars)?"  # what a pod's variables are called
# Its variables stand in brackets: a text in quotes is one piece, for it may hold a
# bracket; blocks stand in blocks twice, deeper than any pod has them.
_PIECE = r"""(?:\\["'][^"'\\\n]*+\\["']|\\.|"(?:\\.|[^"\\\n])*+"|'(?:\\.|[^'\\\n])*+'
    |[^\[\]{}\\]"""
_INNER = rf"[\[{{]{_PIECE})*+[\]}}]"
_BLOCK = rf"[\[{{]{_PIECE}|[\[{{]{_PIECE}|{_INNER})*+[\]}}])*+[\]}}]"
_LEAD = rf"""(?P<lead>(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?i:{_NAMES})
    (?P<quote>\\*+["']?+)\s*+[:=]\s*+(?P<opened>\\*+["']?+))(?=[\[{{])"""
# Of what is cut short nobody knows where it ends; mostly with its line or its quotes.
_CUT = r"""[\[{]\s*+(?:".*+|(?:\\.|(?<=:[ ])"(?:\\.|[^"\\\n])*+"?+|[^"\\\n])++)"""
_VARIABLES = re.compile(_LEAD, re.VERBOSE)
_ENVIRONMENT, _ENVIRONMENTS = (
    re.compile(rf"{_LEAD}(?P<block>{_BLOCK}|{cut})", re.VERBOSE | re.DOTALL)
    for cut in (_CUT, r"[\[{].*+")
)
_MANY = 20  # each may be looked at to the end of the text
# A cheap look first: most log lines hold none of these, and a plain search for each
# is several times faster than the pattern.
_HINTS = (
    *("sshpass", "dockerargs", "docker_args"),
    *("key", "token", "secret", "passw", "bearer", "authoriz", "://", "eyj", "-----b"),
    *(
        "pwd",
        "passphrase",
        "aiza",
        "sb_",
        "rpa_",
        "rps_",
        "xox",
        "xapp",
        "xwfp",
        "akia",
        "github_pat",
        "sk-",
        "sk_",
    ),
    *(
        "pk_",
        "hf_",
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "r8_",
        "sbp_",
        "npm_",
        "glpat-",
        "cookie",
    ),
)
_SHORTEST = 8  # no secret is shorter
_WORD = 64

T = TypeVar("T")


def redacted(text: str) -> str:
    """Return the text with every secret replaced; the same object if there is none."""
    if len(text) < _SHORTEST:
        return text
    if len(text) > _WORD:
        return _redacted(text)
    clean = _redacted_word(text)
    return text if clean == text else clean  # known may be an equal one


def _redacted(text: str) -> str:
    text = _hidden(text)
    # A colour may stand in a secret, or where one begins; other sequences may also eat
    # its first letter, so they go last.
    for bare in (without_colours, without_escapes):
        clean = bare(text)
        text = text if clean == text else _hidden(clean)
    return text


def _hidden(text: str) -> str:
    lowered = text.lower()
    if "env" in lowered and (clean := _without_variables(text)) != text:
        text, lowered = clean, clean.lower()
    for hint in _HINTS:
        if hint in lowered:
            clean = _SECRET.sub(_hide, text)
            clean = _ADDRESSED.sub(rf"\1{HIDDEN}", clean)
            return text if clean == text else clean
    return text


# A field's name that says by itself that its value is secret.
_SECRET_NAME = re.compile(
    r"(?i)\w{0,40}(?:password|passwd|pwd|passphrase|secret|api[_-]?key|_key|token"
    r"|authorization|cookie|docker_?args)"
)
_VARIABLES_NAME = re.compile(f"(?i){_NAMES}")

# Names and ids repeat in every line of a log.
_redacted_word = lru_cache(maxsize=4096)(_redacted)


# What makes an address open to whoever has it.
_SIGNED = re.compile(
    r"(?i:token|signature|sig|expires|x-(?:amz|goog)-[\w-]*|key)(?:=|%(?:25){0,3}3[Dd])"
)


def _hide(match: re.Match[str]) -> str:
    if query := match["query"]:
        query = HIDDEN if _SIGNED.search(query) else _SECRET.sub(_hide, query)
        return f"{_SECRET.sub(_hide, match['url'])}?{query}"
    if match["rest"]:
        return f"{match['rest']} {HIDDEN}"
    kept = match["lead"] or match["user"] or match["bare"] or match["cookie"]
    return (kept or match["arguments"] or "") + HIDDEN


def _without_variables(text: str) -> str:
    """Return the text with each block of a pod's variables hidden.

    With many of them, one that is not closed hides the rest of the text.
    """
    many = len(_VARIABLES.findall(text)) > _MANY
    return (_ENVIRONMENTS if many else _ENVIRONMENT).sub(_hide_block, text)


def _hide_block(match: re.Match[str]) -> str:
    """Return the name with its block hidden, quoted as the name is: JSON stays JSON."""
    if not re.search("[=:]", match["block"]):  # no variables: `env=[staging]`
        return match[0]
    quote = "" if match["opened"] else match["quote"]
    return f"{match['lead']}{quote}{HIDDEN}{quote}"


def redacted_value(value: T) -> T:
    """Return the value with every text inside it redacted, however deep.

    Frozen dataclasses, tuples, lists and mappings are looked into; what holds no
    secret is returned as the same object, so that a long timeline is not copied, and
    what stands in two places is cleaned once.
    """
    return cast(T, _clean(value, {}))


def _clean(value: object, done: dict[int, object]) -> object:
    """Return the clean value; *done* knows the clean form of sequences met before."""
    kind: type = type(value)
    if names := _fields(kind):  # first: there may be a hundred thousand lines
        return _clean_fields(value, names, done)
    if isinstance(value, Enum):  # one word of ours, and equal to others that spell it
        return value
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, tuple | list):
        if id(value) not in done:
            items = [_clean(item, done) for item in value]
            same = all(map(operator.is_, items, value))
            done[id(value)] = value if same else type(value)(items)
        return done[id(value)]
    if isinstance(value, Mapping):
        return _clean_mapping(value, done)
    return value


def _clean_mapping(
    value: Mapping[object, object], done: dict[int, object]
) -> Mapping[object, object]:
    """Return the mapping with clean keys and values.

    What is secret by its name is hidden whole. Counts whose keys become the same once
    they are clean are added up.
    """
    found: dict[object, object] = {}
    same = True
    for key, item in value.items():
        name, held = _clean(key, done), _clean(item, done)
        if item and isinstance(name, str) and _is_secret(name, item):
            held = item if item == HIDDEN else HIDDEN
        same = same and name is key and held is item
        known = found.get(name)
        if isinstance(known, int) and isinstance(held, int):
            held += known
        found[name] = held
    return value if same else found


def _is_secret(name: str, item: object) -> bool:
    if isinstance(item, str):
        return _names_a_secret(name)
    return isinstance(item, Mapping | list | tuple) and _names_variables(name)


@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _names_variables(name: str) -> bool:
    return _VARIABLES_NAME.fullmatch(name) is not None


def _clean_fields(
    value: object, names: Iterable[str], done: dict[int, object]
) -> object:
    changed = {}
    for name in names:
        old = getattr(value, name)
        if type(old) is str:
            new: object = redacted(old)
        elif not old or type(old) in _PLAIN:  # what is empty hides nothing
            continue
        else:
            new = _clean(old, done)
        if new is not old:
            changed[name] = new
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


_PLAIN = frozenset({bool, int, float, datetime, timedelta})


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Return the fields to look into; a row's own random id (`opaque`) is none."""
    if not is_dataclass(kind):
        return ()
    return tuple(each.name for each in fields(kind) if not each.metadata.get("opaque"))
