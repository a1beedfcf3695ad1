"""The codes of authenticator apps, by the examples of RFC 6238 and at their edges."""

from __future__ import annotations

import base64

import pytest

from webshop.domain import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, the rows of SHA-1
EXAMPLES = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES)
def test_the_examples_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // 30, digits=8) == code
    assert totp.step_of(code[-6:], SECRET, seconds) == seconds // 30


@pytest.mark.parametrize(("off", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(off: int, is_taken: bool) -> None:
    code = totp.code_at(SECRET, 1000 + off)
    assert (totp.step_of(code, SECRET, 30_000) is not None) == is_taken


def test_no_code_is_taken_at_or_before_the_last_one() -> None:
    code = totp.code_at(SECRET, 1000)
    assert totp.step_of(code, SECRET, 30_000, after=999) == 1000
    assert totp.step_of(code, SECRET, 30_000, after=1000) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "\ud800"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.step_of(code, SECRET, 59) is None


def test_a_new_secret_is_long_and_new() -> None:
    secrets = {totp.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_the_link_names_account_and_issuer() -> None:
    link = totp.link(SECRET, "noor+a@fietsbel.test", "Koppeling Amazon–SnelStart")
    assert link.startswith("otpauth://totp/Koppeling%20Amazon%E2%80%93SnelStart:noor%2Ba%40fietsbel.test?secret=")
