"""Nothing secret leaves: one pattern, used where an answer or a log line goes out."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"""
      eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?          # a JWT, whole or cut short
    | \bsb_(?:secret|publishable)_[\w-]+            # Supabase's opaque keys
    | \b(?:rpa|rps)_[A-Za-z0-9]{6,}                 # RunPod
    | \b(?:xox[a-z]|xapp|xwfp|xoxe)(?:[-.][\w-]+)+  # Slack, every shape of it
    | \bhttps://hooks\.slack\.com/\S+
    | \b(?:sk|pk|hf|ghp|gho|ghs|ghu|r8|sbp)[-_][A-Za-z0-9_-]{16,}
    | \bgithub_pat_\w{20,} | \bAKIA[A-Z0-9]{16}\b
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*-----|\Z)
    | (?P<rest>(?i:private\ key\ starts\ with))[^\n]*
    | (?P<lead>
          (?i:--supabase-access-token[= ]\s*)
        | (?i:\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic)\s+)
        | (?i:\bbearer\s+)
        | (?i:["']?\b(?:password|passwd|secret|api_?key|access_token|auth_token
               |service_role_key|signing_secret|sshpassword)["']?\s*[:=]\s*["']?)
        | (?i:\b[A-Z0-9_]*(?:_KEY|_TOKEN|_SECRET|_PASSWORD)["']?\s*[=:]\s*["']?)
        | \w+://[^\s:/@]*:(?=[^\s@/]+@)
      )(?: (?<=["'])[^"'\n]+ | [^\s"',;@)\]}]+ )
    | (?P<url>https?://[^\s?"'<>]+\?)(?=[^\s"'<>]*(?i:token|signature|sig|expires
               |x-amz-|x-goog-|key)=)[^\s"'<>]+     # a signed address's query string
    """,
    re.VERBOSE | re.DOTALL,
)
# A cheap look first: most log lines hold none of these.
_HINT = re.compile(
    r"eyJ|sb_|rp[as]_|xox|xapp|xwfp|-----B|AKIA|github_pat|hooks\.slack"
    r"|(?:sk|pk|hf|gh[posu]|r8|sbp)[-_]\w"
    r"|(?i:key|token|secret|passw|bearer|authoriz|://)"
)

T = TypeVar("T")


def redacted(text: str) -> str:
    """Return the text with every secret replaced; the same object when there is none."""
    if not _HINT.search(text):
        return text
    return _SECRET.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    lead = match["lead"] or match["url"] or ""
    if match["rest"]:
        lead = match["rest"] + " "
    return lead + HIDDEN


def redacted_value(value: T) -> T:
    """Return the value with every text inside it redacted, however deep.

    Frozen dataclasses, tuples, lists and mappings are looked into; what holds no
    secret is returned as the same object, so that a long timeline is not copied.
    """
    clean = _clean(value)
    return clean  # type: ignore[return-value]  # the same type by construction


def _clean(value: object) -> object:
    if isinstance(value, str):
        text = redacted(value)
        return value if text == value else text
    if isinstance(value, tuple | list):
        items = [_clean(item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else type(value)(items)
    if isinstance(value, Mapping):
        pairs = {key: _clean(item) for key, item in value.items()}
        return value if all(pairs[k] is value[k] for k in value) else pairs
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for each in fields(value):
            old = getattr(value, each.name)
            new = _clean(old)
            if new is not old:
                changed[each.name] = new
        return replace(value, **changed) if changed else value
    return value
