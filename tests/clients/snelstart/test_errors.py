"""SnelStart answers errors in many shapes; each has to end up with the person who can solve it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.fakes import Answer, FakeTokens, ScriptedAdapter, http_over
from tests.clients.snelstart.documents import sales_entry
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import (
    DuplicateError,
    NotFoundRemoteError,
    OutcomeUnknownError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RetryableRemoteError,
    ThrottledError,
)

BEARER_REFUSED = {"Message": "Authorization has been denied for this request."}
KEY_REFUSED = {
    "statusCode": 401,
    "message": "Access denied due to invalid subscription key. Make sure to provide a valid key.",
}
QUOTA = {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:02:03."}


class Bench:
    def __init__(self, *script: Answer | Exception) -> None:
        self.adapter = ScriptedAdapter(*script)
        self.tokens = FakeTokens()
        self.client = SnelStartClient(
            http=http_over(self.adapter, remote="snelstart"),
            base_url="https://snelstart.example/v2",
            subscription_key="subscription",
            tokens=self.tokens,
            take=lambda operation: None,
        )


def post(answer: Answer) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        Bench(answer).client.create_sales_entry({})
    return caught.value


def complaint(code: str, message: str = "Dat kan niet") -> dict[str, Any]:
    return {"errorCode": code, "message": message, "details": None}


@pytest.mark.parametrize(
    "body", [[complaint("BOE-0021")], [complaint("BOE-0039"), complaint("BOE-0021")], complaint("BOE-0021")]
)
def test_an_existing_number_is_an_answer_of_its_own(body: Any) -> None:
    error = post(Answer(400, body))

    assert (type(error), error.code) == (DuplicateError, "BOE-0021")


def test_all_codes_of_an_answer_are_kept() -> None:
    error = post(Answer(400, [complaint("BOE-0069", "btw"), complaint("BOE-0039", "balans"), complaint("", "los")]))

    assert error.code == "BOE-0069"
    assert error.details == (("BOE-0069", "btw"), ("BOE-0039", "balans"), ("", "los"))
    assert error.message == "btw; balans; los"


def test_an_object_of_the_model_binder_names_its_members() -> None:
    body = {"message": "The request is invalid.", "modelState": {"boeking.factuurdatum": ["Geen datum"], "x": "y"}}
    error = post(Answer(400, body))

    assert error.code == "MODEL_STATE"
    assert ("boeking.factuurdatum", "Geen datum") in error.details
    assert "Geen datum" in error.message


def test_capitals_make_no_difference() -> None:
    error = post(Answer(400, {"Message": "Invalid.", "ModelState": {"boeking": ["Fout"]}}))

    assert error.code == "MODEL_STATE"


@pytest.mark.parametrize(
    "body", [b"Het ingelogde account heeft geen rechten", b'"Het ingelogde account heeft geen rechten"']
)
@pytest.mark.parametrize("status", [400, 403])
def test_a_package_that_is_too_small_is_told_apart(body: bytes, status: int) -> None:
    assert post(Answer(status, body)).code == "PACKAGE"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"[null, 7, []]", b"\xff\xfe", b"[" * 5_000])
def test_an_error_without_words_is_still_an_error(body: bytes) -> None:
    error = post(Answer(400, body))

    assert type(error) is RejectedError
    assert error.message


def test_a_page_of_html_is_cut_and_shown_as_text() -> None:
    error = post(Answer(400, b"<html>" + b"x" * 100_000))

    assert error.message.startswith("<html>")
    assert len(error.message) <= 300


def test_a_thousand_complaints_are_not_kept() -> None:
    assert len(post(Answer(400, [complaint("BOE-0028")] * 1_000)).details) <= 20


def test_a_vendors_message_loses_an_address() -> None:
    error = post(Answer(400, [complaint("BOE-0071", "Omschrijving jan@example.nl is te lang")]))

    assert "jan@" not in f"{error} {error.details}"


def test_a_refused_customer_keeps_the_code_and_loses_every_word() -> None:
    answer = Answer(400, [complaint("REL-0061", "Het adres van Jan is niet geldig")])

    with pytest.raises(RejectedError) as caught:
        Bench(answer).client.create_relation({})

    assert caught.value.details == (("REL-0061", ""),)
    assert "Jan" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 405, 415, 409])
def test_other_refusals_are_refusals(status: int) -> None:
    error = post(Answer(status, b""))

    assert isinstance(error, NotFoundRemoteError) == (status == 404)


# access and limits


def test_a_refused_token_is_renewed_once_and_the_post_is_made_once() -> None:
    bench = Bench(Answer(401, BEARER_REFUSED), Answer(201, sales_entry()))
    bench.client.create_sales_entry({})

    assert bench.tokens.renewed == ["token-1"]
    assert [sent.headers["Authorization"] for sent in bench.adapter.sent] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("body", [BEARER_REFUSED, b""])
def test_a_token_that_is_refused_again_needs_the_owner(body: Any) -> None:
    bench = Bench(Answer(401, body))

    with pytest.raises(ReconnectRequiredError):
        bench.client.company_info()

    assert len(bench.adapter.sent) == 2


def test_our_own_key_is_one_alarm_and_no_customers_fault() -> None:
    bench = Bench(Answer(401, KEY_REFUSED))

    with pytest.raises(PartnerAccessError):
        bench.client.company_info()

    assert (bench.tokens.renewed, len(bench.adapter.sent)) == ([], 1)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [({"Retry-After": "60"}, QUOTA, 60.0), ({}, QUOTA, 3_723.0), ({}, {"message": "Out of call volume quota."}, None)],
)
def test_a_used_up_quota_says_when_to_come_back(
    headers: dict[str, str], body: dict[str, Any], seconds: float | None
) -> None:
    with pytest.raises(ThrottledError) as caught:
        Bench(Answer(403, body, headers)).client.create_sales_entry({})

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", {"Message": "The token lacks the scope boekhouden:write."}])
def test_a_right_the_key_does_not_give_is_told_apart(body: Any) -> None:
    assert post(Answer(403, body)).code == "SCOPE"


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "17"}, 17.0), ({}, None)])
def test_too_many_calls_is_no_refusal_of_the_order(headers: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(ThrottledError) as caught:
        Bench(Answer(429, b"", headers)).client.create_sales_entry({})

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_in_trouble_leaves_a_write_open_and_a_read_to_try_again(status: int) -> None:
    answer = Answer(status, [complaint("BOE-0021")])

    with pytest.raises(OutcomeUnknownError):
        Bench(answer).client.create_sales_entry({})
    with pytest.raises(RetryableRemoteError):
        Bench(answer).client.company_info()


def test_a_write_that_was_redirected_is_for_a_person() -> None:
    assert post(Answer(302, b"", {"Location": "https://elsewhere.example"})).code == "REDIRECT"
