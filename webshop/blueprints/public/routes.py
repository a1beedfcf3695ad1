"""Pages for everybody: what it is, the trial, the terms."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.password_routes import address_key, is_done
from webshop.blueprints.public.documents import document_facts
from webshop.blueprints.public.forms import SignUpForm
from webshop.extensions import limiter, settings
from webshop.htmx_responses import redirect_to, render
from webshop.models import Product
from webshop.services import agreements, registration
from webshop.services.prices import price_of

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Response:
    return render(
        "public/index.html",
        year_price_excl_vat=settings().subscription_price_excl_vat,
        installation_price_excl_vat=price_of(Product.INSTALLATION),
        migration_price_excl_vat=price_of(Product.MIGRATION),
        trial_days=registration.TRIAL_DAYS,
        languages=("Nederlands", "English", "Deutsch"),
    )


@blueprint.get("/aanmelden")
def sign_up() -> Response:
    return render("public/sign_up.html", form=SignUpForm(), trial_days=registration.TRIAL_DAYS)


@blueprint.post("/aanmelden")
@limiter.limit("20 per hour", deduct_when=is_done)
@limiter.limit("5 per hour", key_func=address_key, deduct_when=is_done)
def start_trial() -> BaseResponse:
    """Start a trial; the answer is the same for an address that is known."""
    form = SignUpForm()
    if not form.validate_on_submit():
        return render("public/sign_up.html", 422, form=form, trial_days=registration.TRIAL_DAYS)
    if not form.website.data:
        wish = registration.SignUp(
            company=(form.company.data or "").strip(),
            email=(form.email.data or "").strip().lower(),
            kvk_number=form.kvk_number.data or "",
            vat_number=form.vat_number.data or "",
            locale=str(get_locale()),
        )
        registration.sign_up(wish)
    return redirect_to(url_for("public.signed_up"))


@blueprint.get("/aanmelden/verstuurd")
def signed_up() -> Response:
    return render("public/signed_up.html")


@blueprint.get("/voorwaarden")
def terms() -> Response:
    return render("public/terms.html", since=agreements.IN_FORCE_SINCE, **document_facts())


@blueprint.get("/privacy")
def privacy() -> Response:
    return render("public/privacy.html", since=agreements.IN_FORCE_SINCE)
