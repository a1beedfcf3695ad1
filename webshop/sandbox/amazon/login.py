"""Login with Amazon: the token endpoint and the pages on which a seller authorises the application."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from webshop.sandbox.amazon.calls import Answer, Call, perform
from webshop.sandbox.amazon.errors import invalid_client, unsupported_grant_type
from webshop.sandbox.amazon.grants import ACCESS_TOKEN_LIFETIME
from webshop.sandbox.amazon.look_alike import Amazon

_FORM = "application/x-www-form-urlencoded"
Page = str | WerkzeugResponse | tuple[str, int]


def create_login_blueprint(amazon: Amazon) -> Blueprint:
    blueprint = Blueprint("amazon_login", __name__, url_prefix="/amazon")

    @blueprint.post("/auth/o2/token")
    def token() -> Response:
        account = amazon.grants.account_of(request.form.get("refresh_token") or request.form.get("code", ""))
        return perform(amazon, "token", account, lambda call: _token(amazon, call))

    @blueprint.get("/seller-central/apps/authorize/consent")
    def consent() -> Page:
        return _refusal_page(amazon) or render_template(
            "amazon/consent.html", application=amazon.application, sellers=amazon.sellers()
        )

    @blueprint.post("/seller-central/apps/authorize/consent")
    def confirm_consent() -> Page:
        refusal = _refusal_page(amazon)
        if refusal is not None:
            return refusal
        if "cancel" in request.form:
            return redirect("/amazon/seller-central/home")
        seller_id = request.form.get("seller_id", "")
        if not any(seller.seller_id == seller_id for seller in amazon.sellers()):
            return render_template("amazon/error.html", code="", text="Kies een verkoper."), 400
        return _send_back(amazon, seller_id, request.args.get("state", ""))

    @blueprint.get("/seller-central/home")
    def home() -> Page:
        return render_template("amazon/home.html")

    @blueprint.get("/seller-central/apps/manage")
    def manage() -> Page:
        return render_template("amazon/manage.html", application=amazon.application, sellers=amazon.sellers())

    @blueprint.post("/seller-central/apps/manage")
    def authorise_again() -> Page:
        return _open_login_uri(amazon, request.form["seller_id"])

    @blueprint.get("/seller-central/apps/authorize/confirm/<application_id>")
    def confirm(application_id: str) -> Page:
        payload = amazon.signer.read(request.args.get("amazon_state", ""))
        if payload is None:
            return render_template("amazon/error.html", code="", text="Deze aanvraag is niet bekend."), 400
        return _refusal_page(amazon, application_id) or _send_back(
            amazon, payload["seller_id"], request.args.get("state", "")
        )

    return blueprint


def _token(amazon: Amazon, call: Call) -> Answer:
    form = request.form
    grant_type = form.get("grant_type") if request.mimetype == _FORM else None
    if grant_type not in ("authorization_code", "refresh_token"):
        raise unsupported_grant_type()
    application = amazon.application
    if (form.get("client_id"), form.get("client_secret")) != (application.client_id, application.client_secret):
        raise invalid_client()
    if grant_type == "authorization_code":
        refresh_token = amazon.grants.exchange(form.get("code", ""), form.get("redirect_uri", ""))
    else:
        refresh_token = form.get("refresh_token", "")
    lifetime = {"token_type": "bearer", "expires_in": int(ACCESS_TOKEN_LIFETIME.total_seconds())}
    access_token = amazon.grants.refresh(refresh_token)
    return Answer({"access_token": access_token, **lifetime, "refresh_token": refresh_token}, lifetime)


def _redirect_uri(amazon: Amazon) -> str:
    return request.args.get("redirect_uri") or amazon.application.redirect_uris[0]


def _refusal_page(amazon: Amazon, application_id: str | None = None) -> tuple[str, int] | None:
    """Amazon shows its errors itself; the application never hears of them."""
    application = amazon.application
    if (application_id or request.args.get("application_id")) != application.application_id:
        return render_template("amazon/error.html", code="", text="Deze applicatie is niet bekend."), 400
    if application.draft and request.args.get("version") != "beta":
        text = "De applicatie is nog een concept; dat vraagt version=beta."
        return render_template("amazon/error.html", code="MD1000", text=text), 400
    if _redirect_uri(amazon) not in application.redirect_uris:
        text = "Het retouradres is niet bij de applicatie geregistreerd."
        return render_template("amazon/error.html", code="MD5101", text=text), 400
    return None


def _send_back(amazon: Amazon, seller_id: str, state: str) -> WerkzeugResponse:
    redirect_uri = _redirect_uri(amazon)
    parameters = {
        "state": state,
        "selling_partner_id": seller_id,
        "spapi_oauth_code": amazon.grants.issue_code(seller_id, redirect_uri),
    }
    return _redirect_with(redirect_uri, parameters)


def _open_login_uri(amazon: Amazon, seller_id: str) -> WerkzeugResponse:
    application = amazon.application
    state = amazon.signer.sign({"seller_id": seller_id, "at": amazon.world.clock().isoformat()})
    confirm = f"/amazon/seller-central/apps/authorize/confirm/{application.application_id}"
    parameters = {
        "amazon_callback_uri": request.host_url.rstrip("/") + confirm,
        "amazon_state": state,
        "selling_partner_id": seller_id,
    }
    if application.draft:
        parameters["version"] = "beta"
    return _redirect_with(application.login_uri, parameters)


def _redirect_with(uri: str, parameters: dict[str, str]) -> WerkzeugResponse:
    joint = "&" if urlsplit(uri).query else "?"
    response = redirect(f"{uri}{joint}{urlencode(parameters)}")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
