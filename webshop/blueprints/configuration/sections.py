"""A section of Configuratie as part of any page: its form, its values and saving it.

The setup shows the same sections. A page gives `section_context(...)` to the partial
`configuration/_section.html`, with the address its form is sent to when that is another one.
"""

from __future__ import annotations

from typing import Any

from webshop.blueprints.configuration.forms import FORMS, SectionForm, refuse
from webshop.models import Shop, User
from webshop.services.access import Tenant
from webshop.services.administration_lists import AdministrationLists
from webshop.services.configuration import InvalidSettingError, Saved, latest_changes, save_section


def find_form(section: str, shop: Shop, lists: AdministrationLists) -> SectionForm:
    return FORMS[section].of(shop, lists)


def save(tenant: Tenant, section: str, form: SectionForm, lists: AdministrationLists, user: User) -> Saved | None:
    """Store what was sent; return None when it cannot be, with the reason at its field."""
    if not form.validate():
        return None
    try:
        return save_section(
            tenant.shop.id,
            section,
            form.values(),
            user=user,
            seen=form.seen.data or "",
            lists=lists,
            is_confirmed=bool(form.data.get("is_confirmed")),
        )
    except InvalidSettingError as error:
        refuse(form, error.field, error.reason)
        return None


def section_context(
    tenant: Tenant,
    lists: AdministrationLists,
    name: str,
    *,
    form: SectionForm | None = None,
    told: str | None = None,
    action: str | None = None,
) -> dict[str, Any]:
    """Return what the partial of a section needs; `form` opens it, `told` says what was just done."""
    return {
        "tenant": tenant,
        "shop": tenant.shop,
        "lists": lists,
        "changes": latest_changes(tenant.shop.id),
        "name": name,
        "form": form,
        "told": told,
        "action": action,
    }
