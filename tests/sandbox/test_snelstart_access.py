"""Keys, tokens, limits and faults of the SnelStart look-alike."""

from __future__ import annotations

import base64
import json

import pytest

from tests.sandbox.snelstart_client import API, FORM, TOKEN, Bench
from webshop.sandbox.snelstart import DEVELOPMENT, SUBSCRIPTION_KEY, Limits


@pytest.fixture
def bench() -> Bench:
    return Bench()


WRONG_KEY = {"error": "GrantType clientkey was found. Parameter clientkey does not contain a valid value"}


# the token host


def test_a_token_is_a_bearer_of_one_hour_that_names_its_scopes(bench: Bench) -> None:
    reply = bench.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": bench.administration.key})
    assert reply.json is not None
    assert (reply.status_code, reply.json["token_type"], reply.json["expires_in"]) == (200, "bearer", 3599)
    claims = reply.json["access_token"].split(".")[1]
    assert "boekhouden:*" in json.loads(base64.urlsafe_b64decode(claims + "=="))["scopes"]


def test_a_key_needs_escaping_in_the_form(bench: Bench) -> None:
    key = bench.administration.key
    assert "+" in key
    unescaped = bench.http.post(TOKEN, data=f"grant_type=clientkey&clientkey={key}", content_type=FORM)
    assert (unescaped.status_code, unescaped.json) == (400, WRONG_KEY)


@pytest.mark.parametrize("key", ["", "unknown", "' or '1'='1"])
def test_an_unknown_key_is_refused_in_the_token_hosts_own_words(bench: Bench, key: str) -> None:
    reply = bench.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": key})
    assert (reply.status_code, reply.json) == (400, WRONG_KEY)


def test_the_token_host_reads_forms_only(bench: Bench) -> None:
    reply = bench.http.post(TOKEN, json={"grant_type": "clientkey", "clientkey": bench.administration.key})
    assert reply.status_code == 400
    other_grant = {"grant_type": "client_credentials", "clientkey": bench.administration.key}
    assert bench.http.post(TOKEN, data=other_grant).status_code == 400
    assert bench.http.get(TOKEN).status_code == 405


def test_a_withdrawn_key_gives_no_token_and_ends_the_ones_it_gave(bench: Bench) -> None:
    bench.snelstart.revoke_key(bench.administration.key)
    assert bench.get("/companyInfo").status == 401
    reply = bench.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": bench.administration.key})
    assert (reply.status_code, reply.json) == (400, WRONG_KEY)


def test_a_token_lives_3599_seconds(bench: Bench) -> None:
    bench.clock.forward(seconds=3598)
    assert bench.get("/companyInfo").status == 200
    bench.clock.forward(seconds=1)
    assert bench.get("/companyInfo").status == 401
    bench.sign_in()
    assert bench.get("/companyInfo").status == 200


# the order of the checks


def test_the_partner_key_is_checked_before_the_token_and_the_token_before_the_body(bench: Bench) -> None:
    bearer = bench.headers["Authorization"]
    nothing = bench.call("POST", "/relaties", headers={}, data="{")
    assert (nothing.status, "missing subscription key" in nothing.body["message"]) == (401, True)
    wrong = bench.call("POST", "/relaties", headers={"Ocp-Apim-Subscription-Key": "x", "Authorization": bearer})
    assert (wrong.status, "invalid subscription key" in wrong.body["message"]) == (401, True)
    no_bearer = bench.call("POST", "/relaties", headers={"Ocp-Apim-Subscription-Key": SUBSCRIPTION_KEY}, data="{")
    assert (no_bearer.status, no_bearer.body) == (401, {"Message": "Authorization has been denied for this request."})
    json_type = {**bench.headers, "Content-Type": "application/json"}
    assert bench.call("POST", "/relaties", headers=json_type, data="{").status == 400


def test_the_partner_key_may_stand_in_the_address_and_stays_out_of_the_log(bench: Bench) -> None:
    headers = {"Authorization": bench.headers["Authorization"]}
    reply = bench.call("GET", f"/companyInfo?subscription-key={SUBSCRIPTION_KEY}", headers=headers)
    assert reply.status == 200
    assert SUBSCRIPTION_KEY not in str(bench.world.log.entries("snelstart", "GET /companyInfo"))


def test_a_token_without_the_scope_is_forbidden() -> None:
    bench = Bench(scopes="relaties:read settings:*")
    assert bench.get("/relaties").status == 200
    assert bench.get("/landen").status == 200
    assert bench.post("/relaties", {}).status == 403
    assert bench.get("/verkooporders").status == 403


def test_a_token_opens_its_own_administration_only(bench: Bench) -> None:
    customer = bench.customer()
    other = bench.snelstart.create_administration(name="Ander BV")
    assert bench.get(f"/relaties/{customer['id']}").status == 200
    reply = bench.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": other.key})
    assert reply.json is not None
    headers = bench.headers | {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert bench.call("GET", f"/relaties/{customer['id']}", headers=headers).status == 404
    assert bench.call("GET", "/companyInfo", headers=headers).body["administratieIdentifier"] == other.id
    assert bench.land("NL")["id"] != bench.snelstart.books(other.id).land_id("NL")


def test_unknown_paths_and_methods(bench: Bench) -> None:
    assert bench.get("/verkoopboekingen").status == 405
    assert bench.get("/memoriaalboekingen").status == 405
    assert bench.call("PUT", f"/relaties/{bench.customer()['id']}", json={}).status == 405
    assert bench.get("/nietbestaand").status == 404
    assert bench.get("/companyinfo").status == 404


def test_only_json_is_read(bench: Bench) -> None:
    reply = bench.call("POST", "/relaties", data={"naam": "x"})
    assert reply.status == 415


# limits


def test_the_501st_call_in_a_minute_is_refused_until_the_window_has_moved_on(bench: Bench) -> None:
    for _ in range(500):
        assert bench.get("/echo/a").status == 200
    bench.clock.forward(seconds=20)
    refused = bench.get("/echo/a")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "40")
    assert refused.body == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 40 seconds."}
    assert bench.snelstart.self_inflicted_429 == 1
    bench.clock.forward(seconds=40)
    assert bench.get("/echo/a").status == 200


def test_the_hour_has_its_own_limit() -> None:
    bench = Bench(limits=Limits(per_minute=10, per_hour=12, concurrent=5))
    for _ in range(2):
        for _ in range(6):
            assert bench.get("/echo/a").status == 200
        bench.clock.forward(minutes=2)
    refused = bench.get("/echo/a")
    assert (refused.status, refused.headers["Retry-After"]) == (429, str(56 * 60))


def test_limits_count_per_administration() -> None:
    bench = Bench(limits=Limits(per_minute=1, per_hour=100, concurrent=5))
    other = bench.snelstart.create_administration(name="Ander BV")
    assert bench.get("/echo/a").status == 200
    assert bench.get("/echo/a").status == 429
    bench.administration = other
    bench.sign_in()
    assert bench.get("/echo/a").status == 200


def test_no_more_calls_at_once_than_the_profile_allows() -> None:
    bench = Bench(limits=DEVELOPMENT)
    limiter = bench.snelstart.limiter
    for _ in range(DEVELOPMENT.concurrent):
        assert limiter.enter(bench.administration.id, bench.clock()) == 0
    assert bench.get("/echo/a").status == 429
    limiter.leave(bench.administration.id)
    assert bench.get("/echo/a").status == 200


# faults


def number_of_bookings(bench: Bench) -> int:
    return bench.snelstart.totals(bench.administration.id).booking_count


@pytest.mark.parametrize(
    ("kind", "is_carried_out"),
    [
        ("drop", False),
        ("reset", False),
        ("redirect", False),
        ("commit_then_hang", True),
        ("commit_then_reset", True),
        ("truncate", True),
        ("huge", True),
        ("slow", True),
    ],
)
def test_the_transports_faults_are_announced_and_carried_out_or_not(
    bench: Bench, kind: str, is_carried_out: bool
) -> None:
    body = bench.plain_booking()
    bench.fault("POST /verkoopboekingen", kind, seconds=3)
    reply = bench.post("/verkoopboekingen", body)
    assert reply.headers["X-Sandbox-Fault"] == kind
    assert json.loads(reply.headers["X-Sandbox-Fault-Parameters"]) == {"seconds": 3}
    assert number_of_bookings(bench) == int(is_carried_out)
    [logged] = bench.world.log.entries("snelstart", "POST /verkoopboekingen")
    assert logged.status == {"redirect": 302}.get(kind, 201 if is_carried_out else 0)


def test_a_delayed_request_is_carried_out_at_its_time_and_once(bench: Bench) -> None:
    body = bench.plain_booking()
    bench.fault("POST /verkoopboekingen", "delayed_commit", seconds=45)
    assert bench.post("/verkoopboekingen", body).headers["X-Sandbox-Fault"] == "delayed_commit"
    bench.clock.forward(seconds=44)
    assert bench.get("/verkoopfacturen", filter="Factuurnummer eq 'A-1'").body == []
    bench.clock.forward(seconds=1)
    assert len(bench.get("/verkoopfacturen", filter="Factuurnummer eq 'A-1'").body) == 1
    assert bench.post("/verkoopboekingen", body).code == "BOE-0021"
    bench.snelstart.run_due()
    assert number_of_bookings(bench) == 1


def test_a_delayed_request_also_comes_without_another_call(bench: Bench) -> None:
    bench.fault("POST /verkoopboekingen", "delayed_commit", seconds=45)
    bench.post("/verkoopboekingen", bench.plain_booking())
    bench.clock.forward(seconds=60)
    bench.snelstart.run_due()
    assert number_of_bookings(bench) == 1


@pytest.mark.parametrize(("kind", "bookings"), [("status", 0), ("commit_then_status", 1)])
@pytest.mark.parametrize(("body", "seen"), [(None, ""), ("Bad gateway", "Bad gateway"), ({"a": 1}, {"a": 1})])
def test_a_status_replaces_the_answer(bench: Bench, kind: str, bookings: int, body: object, seen: object) -> None:
    sent = bench.plain_booking()
    bench.fault("POST /verkoopboekingen", kind, status=502, body=body)
    reply = bench.post("/verkoopboekingen", sent)
    assert (reply.status, reply.body) == (502, seen)
    assert number_of_bookings(bench) == bookings


def test_an_answer_without_id(bench: Bench) -> None:
    sent = bench.plain_booking()
    bench.fault("POST /verkoopboekingen", "without_id")
    reply = bench.post("/verkoopboekingen", sent)
    assert reply.status == 201
    assert not {"id", "uri"} & set(reply.body)
    assert number_of_bookings(bench) == 1


def test_throttle_and_quota_have_the_gateways_shape_and_are_not_self_inflicted(bench: Bench) -> None:
    bench.fault("*", "throttle", seconds=7)
    bench.fault("*", "quota", seconds=3700)
    throttled, used_up = bench.get("/relaties"), bench.get("/relaties")
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "7")
    assert (used_up.status, used_up.headers["Retry-After"]) == (403, "3700")
    assert "replenished in 01:01:40" in used_up.body["message"]
    assert bench.snelstart.self_inflicted_429 == 0


def test_an_ignored_filter_answers_everything(bench: Bench) -> None:
    bench.customer(email="a@example.nl")
    bench.fault("GET /relaties", "ignore_filter")
    assert len(bench.get("/relaties", filter="Email eq 'a@example.nl'").body) > 1
    assert len(bench.get("/relaties", filter="Email eq 'a@example.nl'").body) == 1


def test_an_expired_token_stays_expired_until_a_new_one_is_fetched(bench: Bench) -> None:
    bench.fault("GET /landen", "token_expired")
    assert bench.get("/landen").status == 401
    assert bench.get("/landen").status == 401
    bench.sign_in()
    assert bench.get("/landen").status == 200


def test_a_key_can_be_withdrawn_by_a_fault(bench: Bench) -> None:
    bench.fault("token", "token_revoked")
    reply = bench.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": bench.administration.key})
    assert (reply.status_code, reply.json) == (400, WRONG_KEY)


def test_the_partner_key_can_expire_by_a_fault(bench: Bench) -> None:
    bench.fault("*", "subscription_key")
    reply = bench.get("/landen")
    assert (reply.status, "subscription key" in reply.body["message"]) == (401, True)


# the log and the store


def test_each_call_is_logged_once_by_its_template(bench: Bench) -> None:
    bench.world.log.clear()
    customer = bench.customer()
    bench.get(f"/relaties/{customer['id']}")
    bench.get("/relaties", filter="Relatiecode eq 1001")
    bench.sign_in()
    logged = bench.world.log.entries("snelstart")
    assert [entry.operation for entry in logged] == ["POST /relaties", "GET /relaties/{id}", "GET /relaties", "token"]
    assert [entry.status for entry in logged] == [201, 200, 200, 200]
    assert {entry.account for entry in logged[:3]} == {bench.administration.id}
    assert logged[0].body["naam"] == "Klant"
    assert logged[2].query == {"$filter": "Relatiecode eq 1001"}
    assert bench.administration.key not in str(logged)
    assert logged[3].answer is None


def test_two_runs_of_one_scenario_give_the_same_ids() -> None:
    first, second = Bench(), Bench()
    assert first.administration == second.administration
    assert first.customer() == second.customer()
    assert first.post("/verkoopboekingen", first.plain_booking()).body == (
        second.post("/verkoopboekingen", second.plain_booking()).body
    )


def test_echo_answers_the_text(bench: Bench) -> None:
    assert bench.get("/echo/hallo").body == "hallo"
    assert bench.http.get(f"{API}/echo/", headers=bench.headers).status_code == 204
