"""Login with Amazon: what a wrong exchange, refresh or consent costs."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from tests.sandbox.amazon import ORDERS_URL, TIMEOUT, TOKEN_URL, Caller, error_of
from tests.support.clock import FrozenClock
from webshop.sandbox.amazon import APPLICATION_ID, CLIENT_ID, CLIENT_SECRET

CONSENT = "/amazon/seller-central/apps/authorize/consent"
CALLBACK = "http://localhost:5000/oauth/amazon/callback"
REVOKED = (
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."
)


@pytest.fixture
def caller(clock: FrozenClock) -> Caller:
    return Caller(clock)


def consent(caller: Caller, **query: str) -> TestResponse:
    parameters = {"application_id": APPLICATION_ID, "state": "our-state", **query}
    return caller.sandbox.app.test_client().post(
        CONSENT, query_string=parameters, data={"seller_id": caller.seller_id, "confirm": "1"}
    )


def returned(answer: TestResponse | requests.Response) -> dict[str, str]:
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def exchange(caller: Caller, code: str, redirect_uri: str = CALLBACK) -> requests.Response:
    return caller.token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)


def refused(answer: requests.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


def test_a_consent_leads_to_tokens_that_open_the_orders(caller: Caller) -> None:
    query = returned(consent(caller))
    assert query["state"] == "our-state"
    assert query["selling_partner_id"] == caller.seller_id
    tokens = exchange(caller, query["spapi_oauth_code"]).json()
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 3600
    caller.refresh_token = tokens["refresh_token"]
    caller.renew()
    assert caller.search().status_code == 200


def test_a_refresh_returns_the_same_refresh_token(caller: Caller) -> None:
    answer = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token)
    assert answer.json()["refresh_token"] == caller.refresh_token
    assert len(answer.json()["access_token"]) <= 2048


def test_a_code_counts_once(caller: Caller) -> None:
    code = returned(consent(caller))["spapi_oauth_code"]
    assert exchange(caller, code).status_code == 200
    assert refused(exchange(caller, code)) == (
        400,
        "invalid_grant",
        "The request has an invalid grant parameter : code",
    )


def test_a_code_lives_five_minutes(caller: Caller, clock: FrozenClock) -> None:
    code = returned(consent(caller))["spapi_oauth_code"]
    clock.advance(minutes=5, seconds=1)
    assert refused(exchange(caller, code))[:2] == (400, "invalid_grant")


def test_a_code_belongs_to_its_redirect_uri(caller: Caller) -> None:
    code = returned(consent(caller))["spapi_oauth_code"]
    assert refused(exchange(caller, code, "http://localhost:5000/elsewhere"))[:2] == (400, "invalid_grant")


def test_json_is_refused_at_the_token_endpoint(caller: Caller) -> None:
    body = {
        "grant_type": "refresh_token",
        "refresh_token": caller.refresh_token,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    answer = caller.session.post(TOKEN_URL, json=body, timeout=TIMEOUT)
    assert refused(answer) == (
        400,
        "unsupported_grant_type",
        "The authorization grant type is not supported by the authorization server",
    )


def test_a_wrong_secret_is_not_the_sellers_fault(caller: Caller) -> None:
    answer = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token, client_secret="old")
    assert refused(answer) == (401, "invalid_client", "Client authentication failed")


def test_a_foreign_refresh_token_and_a_revoked_one_differ_in_text(caller: Caller) -> None:
    foreign = caller.token(grant_type="refresh_token", refresh_token="Atzr|foreign")
    assert refused(foreign) == (400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
    caller.amazon.revoke(caller.seller_id)
    own = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token)
    assert refused(own) == (400, "invalid_grant", REVOKED)


def test_an_authorisation_lapses_after_a_year(caller: Caller, clock: FrozenClock) -> None:
    clock.advance(days=365)
    answer = caller.token(grant_type="refresh_token", refresh_token=caller.refresh_token)
    assert refused(answer) == (400, "invalid_grant", REVOKED)


def test_a_second_consent_keeps_the_first_refresh_token_alive(caller: Caller) -> None:
    second = caller.amazon.authorise(caller.seller_id)
    assert second != caller.refresh_token
    for token in (caller.refresh_token, second):
        assert caller.token(grant_type="refresh_token", refresh_token=token).status_code == 200


def test_an_access_token_expires_after_an_hour_with_403(caller: Caller, clock: FrozenClock) -> None:
    clock.advance(minutes=59, seconds=59)
    assert caller.search().status_code == 200
    clock.advance(seconds=1)
    assert error_of(caller.search()) == (
        403,
        "Unauthorized",
        "Access to requested resource is denied.",
        "The access token you provided has expired.",
    )


@pytest.mark.parametrize("token", ["Atza|nonsense", "Atza|" + "x" * 40 + ".y", "Atza|ünïcode"])
def test_a_malformed_access_token_is_refused_with_403(caller: Caller, token: str) -> None:
    caller.session.headers["x-amz-access-token"] = token.encode()
    assert error_of(caller.search())[3] == "The access token you provided is revoked, malformed or invalid."


def test_a_missing_access_token_is_named(caller: Caller) -> None:
    del caller.session.headers["x-amz-access-token"]
    assert error_of(caller.search())[3] == "Access token is missing in the request header."


def test_a_draft_application_needs_version_beta(caller: Caller) -> None:
    caller.amazon.configure_application(draft=True)
    refusal = consent(caller)
    assert (refusal.status_code, "MD1000" in refusal.text) == (400, True)
    assert returned(consent(caller, version="beta"))["state"] == "our-state"


def test_an_unregistered_redirect_uri_stays_on_amazons_page(caller: Caller) -> None:
    refusal = consent(caller, redirect_uri="https://evil.test/callback")
    assert (refusal.status_code, "MD5101" in refusal.text) == (400, True)


def test_cancel_never_calls_the_application(caller: Caller) -> None:
    answer = caller.sandbox.app.test_client().post(
        CONSENT, query_string={"application_id": APPLICATION_ID, "state": "s"}, data={"cancel": "1"}
    )
    assert answer.headers["Location"] == "/amazon/seller-central/home"


def test_the_login_uri_workflow_ends_with_a_code_and_our_own_state(caller: Caller) -> None:
    browser = caller.sandbox.app.test_client()
    start = browser.post("/amazon/seller-central/apps/manage", data={"seller_id": caller.seller_id})
    query = returned(start)
    assert query["selling_partner_id"] == caller.seller_id
    path = urlsplit(query["amazon_callback_uri"]).path
    back = browser.get(path, query_string={"amazon_state": query["amazon_state"], "state": "ours"})
    assert back.headers["Location"].startswith(CALLBACK)
    assert returned(back)["state"] == "ours"
    assert exchange(caller, returned(back)["spapi_oauth_code"]).status_code == 200


def test_the_login_uri_workflow_refuses_a_state_amazon_never_gave(caller: Caller) -> None:
    path = f"/amazon/seller-central/apps/authorize/confirm/{APPLICATION_ID}"
    answer = caller.sandbox.app.test_client().get(path, query_string={"amazon_state": "made-up", "state": "s"})
    assert answer.status_code == 400


def test_no_token_reaches_the_request_log(caller: Caller) -> None:
    code = returned(consent(caller))["spapi_oauth_code"]
    exchange(caller, code)
    caller.search()
    text = repr(caller.sandbox.world.log.entries())
    assert ORDERS_URL.partition("sandbox.test")[2] in text
    for secret in (caller.refresh_token, code, "Atza|", CLIENT_SECRET):
        assert secret not in text
