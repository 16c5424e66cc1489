import json
import timeit
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.excerpts import cut, start_of
from bot.domain.findings import Severity, Status
from bot.domain.kinds import kind_of
from bot.domain.redaction import HIDDEN, redacted, redacted_value
from tests.world import a_line

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
# Spelled in two parts, so that no scanner takes this file for a leak.
BEGIN, END = (
    "-----BEGIN OPENSSH PRIVATE" + " KEY-----",
    "-----END OPENSSH PRIVATE KEY-----",
)


def letters(least: int, most: int = 40) -> st.SearchStrategy[str]:
    return st.text(ALNUM, min_size=least, max_size=most)


def shaped(
    form: str, secret: st.SearchStrategy[str]
) -> st.SearchStrategy[tuple[str, str]]:
    """Return pairs of a text in that form and the secret inside it."""
    return secret.map(lambda each: (form.replace("SECRET", each), each))


# What each form hides: the whole, or what follows its tell-tale beginning.
SECRETS = st.one_of(
    shaped(f"{HEADER}.SECRET.{ALNUM}", letters(8)),
    shaped("rpa_SECRET", letters(20)),
    shaped("sb_secret_SECRET", letters(20)),
    shaped("xoxb-123-456-SECRET", letters(20)),
    shaped("xapp-1-A01-SECRET", letters(20)),
    shaped("xoxe.xoxp-1-SECRET", letters(20)),
    shaped("https://hooks.slack.com/services/T1/B1/SECRET", letters(20)),
    shaped("ghp_SECRET", letters(36)),
    shaped("sk-SECRET", letters(20)),
    shaped("hf_SECRET", letters(30)),
    shaped("AKIASECRET", st.text(ALNUM[:26] + "0123456789", min_size=16, max_size=16)),
    shaped(f"{BEGIN}\nSECRET\n{END}", letters(30)),
    shaped("password=SECRET", letters(6).map(lambda each: f"p@{each},x")),
    shaped('"password": "SECRET"', letters(6).map(lambda each: f"it's {each}")),
    shaped('{\\"sshPassword\\": \\"SECRET\\"}', letters(6)),
    shaped("SUPABASE_SERVICE_ROLE_KEY=SECRET", letters(8)),
    shaped("x-api-key: SECRET", letters(8)),
    shaped("Authorization: Basic SECRET", letters(8)),
    shaped("Authorization: Bearer SECRET", letters(8)),
    shaped("Bearer SECRET", letters(16)),
    shaped("setup.sh --supabase-access-token SECRET", letters(8)),
    shaped("postgresql://bot:SECRET@db:5432/x", letters(6).map(lambda e: f"{e},w@{e}")),
    shaped("https://x.supabase.co/a.mp4?token=SECRET", letters(6)),
    shaped("https://s3/a.mp4?X-Amz-Signature=SECRET&X-Amz-Expires=9", letters(6)),
    shaped("https://bot:SECRET@host/path?page=2", letters(6)),
    shaped("https://host/?next=https://x/a?sig=SECRET", letters(6)),
    shaped("\x1b[33mrpa_SECRET\x1b[0m", letters(20)),
    shaped("rpa_\x1b[0mSECRET", letters(20)),
    shaped("password\x1b[0m=\x1b[33mSECRET", letters(8)),
    shaped("mysql --password SECRET", letters(8)),
    shaped("passphrase: SECRET", letters(8)),
    shaped("pwd=SECRET", letters(8)),
    shaped("https://SECRET@github.com/x", letters(20)),
    shaped("postgresql://bot:a/SECRET@db/x", letters(8)),
    shaped("AIzaSECRET", letters(35)),
    shaped("glpat-SECRET", letters(20)),
    shaped("npm_SECRET", letters(36)),
    shaped("Cookie: session=SECRET; theme=dark", letters(8)),
    shaped("/login?next=%2Fa%3Ftoken%3DSECRET", letters(6)),
    shaped("password%3aSECRET", letters(6)),
    shaped("next%253Fdb_passwd%253DSECRET", letters(6)),
    shaped("%7B%22api_key%22%3A%20%22SECRET%22%7D", letters(6)),
    shaped("Authorization%3A+Bearer+SECRET", letters(8)),
    shaped("https://x/?u=https%3A%2F%2Fs3%2Fa%3Fsig%3DSECRET", letters(6)),
    shaped("sshpass -p SECRET ssh root@host", letters(6)),
    shaped("sshpass -p 'SECRET' ssh", letters(6).map(lambda each: f"a {each}")),
    shaped("dockerArgs: bash -c 'x SECRET' --y", letters(6)),
    shaped('dockerArgs: bash -c "x SECRET" --y', letters(6)),
    shaped('{"dockerArgs": "bash -c \\"x SECRET\\"", "ports": 1}', letters(6)),
    shaped("{'dockerArgs': 'SECRET --y', 'ports': 1}", letters(6)),
    shaped("env=[WORKER_ID=1, KEY=SECRET]", letters(6)),
    shaped('{"env":{"A":"a]b} SECRET"},"ports":1}', letters(6)),
    shaped('{"env": [{"key": "A", "value": "SECRET"}]}', letters(6)),
    shaped("'env': ['A=1', 'B=SECRET'], 'ports': 1", letters(6)),
    shaped('env: {\n  "A": "SECRET"\n}', letters(6)),
    shaped('{"env":{"A":"1","B":"SECRET', letters(6)),
    shaped("env=[A=1, B=SECRET", letters(6)),
    shaped("env={'A': \"it's\", 'B': 'SECRET", letters(6)),
    shaped("env={'A': 1, 'B': \"it's SECRET", letters(6)),
    shaped("private key (first 50 chars): SECRET", letters(6)),
    shaped("token=SECRET", letters(4).map(lambda each: f"a{each}7")),
    shaped('{"token": "SECRET"}', letters(4).map(lambda each: f"a{each}7")),
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key",
        "task 41345358-0000-4000-8000-000000000001 failed",
        "token bucket is empty, 3 tokens left",
        "max_tokens: 512",
        "Bearer authentication failed",
        "the bearer token is missing",
        "https://x.supabase.co/storage/v1/object/public/a.mp4",
        "https://api.example.com/v2/pods?limit=10&page=2",
        "http://127.0.0.1:8080/healthz, ask me@example.com",
        "git clone ssh://git@github.com:22/a/b.git",
        "task-0123456789abcdef0123",
        "monkey: banana",
        "cookie: none was sent",
        "password=''",
        "GET /a?q=tokens%3D3&of=max_tokens%3D512 at 30% of the secret",
        "task_key%3A was not sent, token%3D neither",
        "token=12 tokens, token=4096 of 1,024, token=250ms",
        "token=missing, unexpected token: foo2, token=None",
        "env=[] env={} env: production environment=[staging]",
        "sshpass is not installed",
        '"dockerArgs": "", "dockerArgs": null, dockerArgs: None',
        "the private key (RSA) was read",
    ],
)
def test_harmless_words_stay(text: str) -> None:
    """What only looks like a secret, or names one, is kept as the same object."""
    assert redacted(text) is text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("password=hunter22, user=bob", "password=[hidden], user=bob"),
        ("(api_key=abcdef)", "(api_key=[hidden])"),
        (
            '{"password": "a\\"b", "user": "bob"}',
            '{"password": "[hidden]", "user": "bob"}',
        ),
        ("{'password': 'a b', 'ip': '1'}", "{'password': '[hidden]', 'ip': '1'}"),
        ("postgres://bot:s3cret@db/x", "postgres://bot:[hidden]@db/x"),
        ("https://x/a.mp4?token=abc&n=1 done", "https://x/a.mp4?[hidden] done"),
        ("https://x/a?n=1&k=rpa_ABCDEF123", "https://x/a?n=1&k=[hidden]"),
        ("got `xoxb-1-2-abc` from env", "got `[hidden]` from env"),
        ("GET /?a%3Ftoken%3Dab%26c HTTP/1.1", "GET /?a%3Ftoken%3D[hidden] HTTP/1.1"),
        ("{'u': 'a%26pwd%3Dab', 'n': 1}", "{'u': 'a%26pwd%3D[hidden]', 'n': 1}"),
        ("it said\\nrpa_ABCDEF123456", "it said\\n[hidden]"),
        ("sshpass -p s3cret ssh root@x", "sshpass -p [hidden] ssh root@x"),
        ("env=[A=1, B='2]'] on pod x", "env=[hidden] on pod x"),
        ('{"env":{"A":{"B":[1]}},"n":1}', '{"env":"[hidden]","n":1}'),
        (
            '"{\\"env\\":{\\"A\\":\\"1\\"},\\"n\\":1}"',
            '"{\\"env\\":\\"[hidden]\\",\\"n\\":1}"',
        ),
        ("env='{\"A\": 1}' was set", "env='[hidden]' was set"),
        ('{"dockerArgs": "a \\"b\\"", "n": 1}', '{"dockerArgs": "[hidden]", "n": 1}'),
        ("(token=abc123) is no token", "(token=[hidden]) is no token"),
    ],
)
def test_what_stands_around_a_secret_is_kept(text: str, clean: str) -> None:
    """The reader still sees what was hidden, and the rest of the line."""
    assert redacted(text) == clean


@pytest.mark.parametrize(
    "key",
    [
        f"{BEGIN}\nb3BlbnNzaC1r",
        f"{BEGIN}\\nb3BlbnNzaC1r",
        f"{BEGIN}\nb3BlbnNzaC1r\nAAAA/+==\n{END}",
        "b3BlbnNzaC1r",
        '"b3BlbnNzaC1r"',
    ],
)
def test_the_beginning_of_a_private_key_is_hidden(key: str) -> None:
    """The orchestrator's SSH lines hold the first 50 characters of its key."""
    clean = redacted(f"Private key starts with: {key}\nnext line")

    assert clean.startswith(f"Private key starts with {HIDDEN}")
    assert clean.endswith("\nnext line")
    assert "b3Bl" not in clean


def test_a_key_that_was_cut_short_is_hidden_to_the_end() -> None:
    """Without its last line nobody knows where it ends."""
    assert redacted(f"dump: {BEGIN}\nb3Bl\nMIIE") == f"dump: {HIDDEN}"


@given(before=st.text(), after=st.text(), planted=SECRETS)
def test_a_secret_never_survives(
    before: str, after: str, planted: tuple[str, str]
) -> None:
    """Whatever stands before or after it on other lines or words."""
    text, secret = planted
    lead = text.replace(secret, "", 1)  # it may be a word such as `passphra`
    assume(not any(secret in part for part in (before, after, lead)))

    assert secret not in redacted(f"{before} {text} {after}")
    assert secret not in redacted(f"{before}\n{text}\n{after}")


@given(
    filler=st.integers(0, 560),
    most=st.integers(1, 520),
    after=st.sampled_from(["", "end", "7 more " * 900]),
    planted=SECRETS,
)
def test_no_part_of_a_secret_survives_a_cut(
    filler: int, most: int, after: str, planted: tuple[str, str]
) -> None:
    """Wherever a text is cut, and where its numbers are left out to find its kind."""
    text, secret = planted
    told = f"{'.' * filler} {text} {after}"
    parts = {secret[at : at + 6] for at in range(len(secret) - 5)}
    assume(not any(each in text.replace(secret, "") for each in parts))

    for short in (cut(told, most), start_of(told, most), kind_of(told)):
        assert not any(each in redacted(short) for each in parts)


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123456789012-123456789012-QzSecretAAbCd",
        "xapp-1-A0123456789-1234567890123-QzSecretAAbCd",
        "xoxe.xoxp-1-QzSecret1234567890AAbCd",
        f"{HEADER}.QzSecret1234567890.AAbCd",
        "sk-proj-QzSecret12345678_90123456AAbCd",
        "Bearer QzSecret1234567890123AAbCd",
        "token=QzSecret-1234567890123-AAbCd",
    ],
)
def test_a_kind_of_lines_shows_no_half_of_a_key(secret: str) -> None:
    """A key whose numbers were left out would look like none."""
    kind = kind_of(f"login 7 with {secret} failed")

    assert kind.startswith("login # with ")
    assert "Qz" not in kind
    assert "AAbCd" not in kind


@given(before=st.text(), after=st.text(), planted=SECRETS)
def test_hiding_twice_changes_nothing(
    before: str, after: str, planted: tuple[str, str]
) -> None:
    """An answer passes more than one door."""
    once = redacted(f"{before} {planted[0]} {after}")

    assert redacted(once) == once


@given(planted=SECRETS, around=st.text())
def test_a_line_of_json_stays_json(planted: tuple[str, str], around: str) -> None:
    """Hiding ends at the quote that ends the text."""
    line = json.dumps({"message": redacted(f"{around} {planted[0]}"), "next": 1})

    assert json.loads(redacted(line))["next"] == 1


@given(
    words=st.lists(
        st.one_of(
            st.sampled_from(
                ["failed:", "task", "token", "keys", "https://x.y/z", "x=1"]
            ),
            st.integers().map(str),
            st.uuids().map(str),
            st.text(ALNUM, max_size=12).filter(lambda each: "eyJ" not in each),
        )
    )
)
def test_a_text_without_secrets_is_unchanged(words: list[str]) -> None:
    """Ordinary log lines lose nothing."""
    text = " ".join(words)

    assert redacted(text) is text


@dataclass(frozen=True)
class Inner:
    text: str
    count: int = 1
    id: str = field(default="", metadata={"opaque": True})


@dataclass(frozen=True)
class Outer:
    first: Inner
    many: tuple[Inner, ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict)


KEY = "rpa_ABCDEF123456"


def test_a_value_without_secrets_is_the_same_object() -> None:
    """A long timeline is not copied."""
    value = Outer(Inner("fine"), (Inner("too"),), {"a": ["b", None, 1.5]})

    assert redacted_value(value) is value


def test_secrets_are_found_however_deep() -> None:
    """In fields, tuples, lists and mappings; the rest stays."""
    value = Outer(Inner(KEY, count=3), (Inner("a"), Inner(KEY)), {"a": [KEY]})

    assert redacted_value(value) == Outer(
        Inner(HIDDEN, count=3), (Inner("a"), Inner(HIDDEN)), {"a": [HIDDEN]}
    )


def test_what_stands_in_two_places_is_cleaned_once() -> None:
    """A timeline that is both shown and told stays one object."""
    lines = (Inner(KEY),)

    first, second = redacted_value([lines, lines])

    assert first is second


def test_a_row_s_own_random_id_is_not_looked_into() -> None:
    """There may be a hundred thousand of them, and they hold no text."""
    value = Inner("fine", id=KEY)

    assert redacted_value(value) is value


def test_things_without_text_pass() -> None:
    """A type or a number is returned as it is."""
    assert redacted_value(Inner) is Inner
    assert redacted_value(3) == 3


@pytest.mark.parametrize(
    "name", ["password", "ssh_password", "API_KEY", "api-key", "auth_token", "Cookie"]
)
def test_a_value_may_be_secret_by_its_name_alone(name: str) -> None:
    """Numbers and what is empty are none."""
    told = {name: "a b", "tokens": "12", f"{name}_age": "4 d"}

    assert redacted_value(told) == {**told, name: HIDDEN}
    assert redacted_value({name: 3, "missing_key": 2}) == {name: 3, "missing_key": 2}
    for held in ({name: ""}, {name: HIDDEN}):
        assert redacted_value(held) is held


def test_a_word_is_the_same_object_though_an_equal_one_was_read_before() -> None:
    """Else a line that holds it would be copied."""
    for end in ("duction", "duction"):
        word = f"pro{end}"

        assert redacted(word) is word


def test_the_variables_of_a_pod_are_hidden_whole() -> None:
    """A text, a number or nothing by that name tells none."""
    plain = {"env": "production", "environment": {}, "envelope": {"A": "b"}}

    assert redacted_value({"env": {"A": "b"}, "n": 1}) == {"env": HIDDEN, "n": 1}
    assert redacted_value({"env": ["A=b"], "dockerArgs": "--x y"}) == {
        "env": HIDDEN,
        "dockerArgs": HIDDEN,
    }
    assert redacted_value(plain) is plain


@pytest.mark.parametrize(
    "piece",
    [
        *("env=['", "'env=[", 'env={"a":', 'dockerArgs=a "b', "private key (first "),
        *('"env={a"\n', '"x \\"env={a\\" y" '),  # each hides the next ones
    ],
)
def test_a_megabyte_of_beginnings_is_read_once(piece: str) -> None:
    """To read on from each of them would take hours."""
    text = piece * (1_000_000 // len(piece))

    assert min(timeit.repeat(lambda: redacted(text), number=1, repeat=2)) < 10


def test_a_key_of_a_mapping_may_hold_a_secret() -> None:
    """What becomes the same by hiding is added up."""
    counts = {
        "login with rpa_ABCDEF1234567890": 1,
        "login with rpa_FEDCBA0987654321": 2,
    }

    assert redacted_value({"by_reason": counts, "name": "x"}) == {
        "by_reason": {f"login with {HIDDEN}": 3},
        "name": "x",
    }


def test_words_of_ours_that_are_spelled_alike_stay_what_they_are() -> None:
    """Two enumerations may both know `critical`."""
    value = (Status.CRITICAL, Severity.CRITICAL)
    cleaned = redacted_value([value])

    assert [type(each) for each in cleaned[0]] == [Status, Severity]


def test_what_a_line_says_by_name_is_cleaned_as_well() -> None:
    """And a line that says nothing so stays the same object."""
    told = a_line(fields={"event": "login", "password": "a", "note": "key=rpa_ABCDEFG"})
    plain = a_line()

    assert redacted_value(told).fields["note"] == f"key={HIDDEN}"
    assert redacted_value(plain) is plain
