"""The queues of our staff: problems that users reported, and what they ask us to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from webshop.blueprints.auth.sessions import the_user
from webshop.blueprints.cursors import Cursors
from webshop.blueprints.dashboard.filters import read_choice
from webshop.blueprints.support.access import staff_only
from webshop.blueprints.support.forms import ReportForm, RequestForm
from webshop.blueprints.support.frame import show
from webshop.blueprints.support.routes import blueprint
from webshop.htmx_responses import redirect_to
from webshop.models import ProblemReport, ReportState, ServiceRequest
from webshop.services.support_queues import CHOICES, OvertakenError, queue_page
from webshop.services.support_reports import ReportView, answer_report, load_report
from webshop.services.support_requests import RequestView, handle_request, load_request

QUEUES: dict[str, Any] = {"reports": ProblemReport, "requests": ServiceRequest}


@blueprint.get("/support/reports")
@staff_only
def reports() -> Response:
    return _queue("reports")


@blueprint.get("/support/requests")
@staff_only
def requests() -> Response:
    return _queue("requests")


def _queue(name: str) -> Response:
    wrong: dict[str, str] = {}
    chosen = read_choice(request.args, "state", CHOICES, wrong)
    cursors = Cursors(0, f"support:{name}:{chosen}")
    page = queue_page(QUEUES[name], chosen, cursors.read())
    return show(
        name,
        name,
        422 if wrong else 200,
        rows=page.rows,
        cursor=cursors.write(page.next),
        chosen=chosen,
        choices=CHOICES,
        wrong=wrong,
    )


@blueprint.route("/support/reports/<uuid:report_id>", methods=["GET", "POST"])
@staff_only
def report(report_id: UUID) -> BaseResponse:
    """Show a report with the order as it is now, and take the answer to it."""
    view = load_report(report_id)
    form = ReportForm(data={"state": view.report.state, "reply": view.report.reply, "seen": view.mark})
    if form.validate_on_submit():
        try:
            answer_report(
                view.report.id,
                the_user(),
                state=ReportState(form.state.data),
                reply=form.reply.data or "",
                seen=form.seen.data or "",
            )
            flash(_("Opgeslagen."))
            return redirect_to(url_for("support.reports"))
        except OvertakenError:
            view = load_report(report_id)
            _tell(form, view)
    return show("report", "reports", 422 if form.errors else 200, view=view, form=form)


@blueprint.route("/support/requests/<uuid:request_id>", methods=["GET", "POST"])
@staff_only
def service_request(request_id: UUID) -> BaseResponse:
    view = load_request(request_id)
    form = RequestForm(data={"state": view.request.state, "note": view.request.note, "seen": view.mark})
    if form.validate_on_submit():
        try:
            handle_request(
                view.request.id,
                the_user(),
                state=ReportState(form.state.data),
                note=form.note.data or "",
                seen=form.seen.data or "",
            )
            flash(_("Opgeslagen."))
            return redirect_to(url_for("support.requests"))
        except OvertakenError:
            view = load_request(request_id)
            _tell(form, view)
    return show("request", "requests", 422 if form.errors else 200, view=view, form=form)


def _tell(form: ReportForm | RequestForm, view: ReportView | RequestView) -> None:
    """Say who was first; what was typed stays, and saving again is a decision."""
    who = (view.taken_by.name or view.taken_by.email) if view.taken_by else _("een collega")
    text = _("Niet opgeslagen: %(who)s was je voor. Kijk wat er nu staat; opnieuw opslaan vervangt het.", who=who)
    form.form_errors.append(text)
    form.seen.data = view.mark
