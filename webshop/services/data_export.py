"""Everything we keep of a shop, as a zip that is made while it is sent: no file on disk, no list in memory.

Each table is read in pages behind the last row of the page before; between two pages no transaction is
open, so that a slow reader holds nothing. What opens an account, and data of buyers, is not in it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, tuple_
from sqlalchemy.sql.expression import literal

from webshop.extensions import clock, transaction
from webshop.models import (
    AuditEvent,
    Connection,
    Invoice,
    Membership,
    Order,
    Posting,
    ProblemReport,
    Shop,
    SkuRate,
    User,
    VatMapping,
)
from webshop.services import audit
from webshop.services.spreadsheets import Row, csv_chunks

PAGE = 500
_INSIDE = frozenset({"id", "public_id"})
Chunks = Iterable[str]


class _Pipe(io.RawIOBase):
    """Takes what the zip writes until somebody fetches it; it cannot seek, so the zip never looks back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def fetch(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def record_export(shop: Shop, user: User) -> None:
    """Note who takes the data of a shop along."""
    with transaction():
        audit.record("data_exported", shop_id=shop.id, user_id=user.id)


def export_shop(shop: Shop) -> Iterator[bytes]:
    """Yield the zip in pieces."""
    pipe, now = _Pipe(), clock.now()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, chunks in _files(shop):
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as target:
                for chunk in chunks:
                    target.write(chunk.encode("utf-8", "replace"))
                    if data := pipe.fetch():
                        yield data
    yield pipe.fetch()


def _files(shop: Shop) -> Iterator[tuple[str, Chunks]]:
    yield "README.txt", (_readme(shop),)
    yield "settings.json", (json.dumps(_settings(shop), indent=2, ensure_ascii=False, default=str),)
    for name, heading, rows in (
        ("orders.csv", _ORDER_COLUMNS, _orders(shop.id)),
        ("order_lines.csv", _LINE_COLUMNS, _lines(shop.id)),
        ("postings.csv", _POSTING_COLUMNS, _postings(shop.id)),
        ("vat_table.csv", _VAT_COLUMNS, _table(VatMapping, shop.id, _VAT_COLUMNS)),
        ("sku_rates.csv", _RATE_COLUMNS, _rates(shop.id)),
        ("reports.csv", _REPORT_COLUMNS, _table(ProblemReport, shop.id, _REPORT_COLUMNS)),
        ("activity.csv", _EVENT_COLUMNS, _events(shop.id)),
        ("invoices.csv", _INVOICE_COLUMNS, _table(Invoice, shop.id, _INVOICE_COLUMNS)),
        ("users.csv", _USER_COLUMNS, _users(shop.id)),
    ):
        yield name, csv_chunks(heading, rows)


def _readme(shop: Shop) -> str:
    """Explain each file in the language of the reader."""
    lines = (
        _("Gegevens van %(shop)s, gemaakt op %(time)s (UTC).", shop=shop.name, time=f"{clock.now():%Y-%m-%d %H:%M}"),
        "",
        _("settings.json – de instellingen van de winkel en de verbindingen, zonder sleutels."),
        _("orders.csv – elke bestelling: nummer, datum, land, bedrag, status en reden."),
        _("order_lines.csv – de regels van die bestellingen, zolang wij ze bewaren (18 maanden)."),
        _("postings.csv – wat er in SnelStart geboekt is of wordt, met het nummer daar."),
        _("vat_table.csv en sku_rates.csv – je btw-tabel en de tarieven per artikel."),
        _("reports.csv – de problemen die je meldde, met ons antwoord."),
        _("activity.csv – wie wanneer wat deed."),
        _("invoices.csv – onze facturen aan jou; de pdf's staan bij Profiel."),
        _("users.csv – wie meedoen in de winkel."),
        "",
        _("E-mailadressen en adressen van kopers zitten er niet in: die staan bij Amazon en in je administratie."),
        _("De csv-bestanden openen in Excel. Een apostrof vooraan een tekst zetten wij erbij, zodat Excel er geen "
          "formule van maakt."),
    )  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _settings(shop: Shop) -> dict[str, Any]:
    columns = (Connection.remote, Connection.state, Connection.account_id, Connection.account_name)
    with transaction() as session:
        connections = session.execute(
            select(*columns, Connection.connected_at).where(Connection.shop_id == shop.id).order_by(Connection.remote)
        ).all()
    settings = {column.name: getattr(shop, column.name) for column in Shop.__table__.columns}
    return {
        **{name: value for name, value in settings.items() if name not in _INSIDE},
        "connections": [dict(row._mapping) for row in connections],
    }


_ORDER_COLUMNS = (
    *("amazon_order_id", "marketplace_id", "purchased_at", "booked_on", "amazon_status", "fulfilled_by", "country"),
    *("currency", "total", "amazon_total", "state", "treatment", "issue_code", "first_seen_at", "content_purged_at"),
)
_LINE_COLUMNS = ("amazon_order_id", "sku", "asin", "title", "quantity", "total")
_POSTING_COLUMNS = (
    *("amazon_order_id", "purpose", "kind", "state", "total", "external_number", "external_id"),
    *("administration_id", "sent_at", "posted_at", "last_error_code"),
)
_VAT_COLUMNS = (
    *("scope", "country", "percentage", "valid_from", "vat_kind", "ledger_id", "cost_centre_id"),
    *("rate_code", "is_default"),
)
_RATE_COLUMNS = ("sku", "country", "percentage")
_REPORT_COLUMNS = ("created_at", "state", "words", "reply", "replied_at")
_EVENT_COLUMNS = ("at", "action", "actor", "user", "amazon_order_id", "facts")
_INVOICE_COLUMNS = ("number", "issued_on", "vat_treatment", "vat_percentage", "net", "vat", "total", "reason")
_USER_COLUMNS = ("email", "name", "role", "since", "is_two_factor_on", "last_login_at")


def _pages(query: Any, *keys: Any) -> Iterator[Sequence[Any]]:
    """Yield pages of a query by these columns, which begin its rows; no transaction is open in between."""
    behind: tuple[Any, ...] | None = None
    while True:
        page = query.order_by(*keys).limit(PAGE)
        if behind is not None:
            last = (literal(value, key.type) for value, key in zip(behind, keys, strict=True))
            page = page.where(tuple_(*keys) > tuple_(*last))
        with transaction() as session:
            rows = session.execute(page).all()
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        behind = tuple(rows[-1][: len(keys)])


def _cells(row: Any, names: Iterable[str]) -> Row:
    return [_cell(row._mapping[name]) for name in names]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _orders(shop_id: int) -> Iterator[Row]:
    query = select(Order.purchased_at, Order.id, *_named(Order, _ORDER_COLUMNS[:2] + _ORDER_COLUMNS[3:]))
    for page in _pages(query.where(Order.shop_id == shop_id), Order.purchased_at, Order.id):
        for row in page:
            yield _cells(row, _ORDER_COLUMNS)


def _lines(shop_id: int) -> Iterator[Row]:
    query = select(Order.purchased_at, Order.id, Order.amazon_order_id, Order.content)
    for page in _pages(query.where(Order.shop_id == shop_id), Order.purchased_at, Order.id):
        for row in page:
            for item in row.content.get("items", ()):
                total = None if item["total"] is None else Decimal(item["total"])
                yield (row.amazon_order_id, item["sku"], item["asin"], item["title"], item["quantity"], total)


def _postings(shop_id: int) -> Iterator[Row]:
    """Follow the orders: the postings themselves have no order in which they could be paged."""
    orders = select(Order.purchased_at, Order.id).where(Order.shop_id == shop_id)
    columns = _named(Posting, _POSTING_COLUMNS)
    for page in _pages(orders, Order.purchased_at, Order.id):
        ids = [row.id for row in page]
        with transaction() as session:
            rows = session.execute(select(*columns).where(Posting.order_id.in_(ids)).order_by(Posting.id)).all()
        for row in rows:
            yield _cells(row, _POSTING_COLUMNS)


def _events(shop_id: int) -> Iterator[Row]:
    user = func.coalesce(User.email, "").label("user")
    query = (
        select(AuditEvent.at, AuditEvent.id, *_named(AuditEvent, ("action", "actor", "facts")), user)
        .add_columns(Order.amazon_order_id)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .outerjoin(Order, Order.id == AuditEvent.order_id)
        .where(AuditEvent.shop_id == shop_id)
    )
    for page in _pages(query, AuditEvent.at, AuditEvent.id):
        for row in page:
            yield _cells(row, _EVENT_COLUMNS)


def _table(model: Any, shop_id: int, names: Sequence[str]) -> Iterator[Row]:
    query = select(model.id, *_named(model, names)).where(model.shop_id == shop_id)
    for page in _pages(query, model.id):
        for row in page:
            yield _cells(row, names)


def _rates(shop_id: int) -> Iterator[Row]:
    query = select(SkuRate.sku, SkuRate.country, SkuRate.percentage).where(SkuRate.shop_id == shop_id)
    for page in _pages(query, SkuRate.sku, SkuRate.country):
        yield from (_cells(row, _RATE_COLUMNS) for row in page)


def _users(shop_id: int) -> Iterator[Row]:
    query = (
        select(
            Membership.id,
            *_named(User, ("email", "name", "last_login_at")),
            Membership.role,
            Membership.created_at.label("since"),
            User.is_totp_on.label("is_two_factor_on"),
        )
        .join(User, User.id == Membership.user_id)
        .where(Membership.shop_id == shop_id)
    )
    for page in _pages(query, Membership.id):
        yield from (_cells(row, _USER_COLUMNS) for row in page)


def _named(model: Any, names: Iterable[str]) -> list[Any]:
    return [getattr(model, name) for name in names]
