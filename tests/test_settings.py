"""What stands in the environment: a wrong value is told by the name of its variable, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.settings import ENVIRONMENT
from webshop.company import SANDBOX
from webshop.exceptions import SettingsError
from webshop.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://["),
        ("PUBLIC_URL", "http://localhost:99999"),
        ("AMAZON_API_URL", "http://["),
        ("DATABASE_URL", "postgres://user:password@host:port/shop"),
        ("DATABASE_URL", "sqlite:shop.db"),
        ("DATABASE_URL", "mysql://host/shop"),
        ("REDIS_URL", "redis://:password@host:port"),
        ("PORT", "9" * 5000),
        ("PORT", "\u0661\u0662\u0663"),
        ("SYNC_INTERVAL_MINUTES", "0"),
        ("LEASE_SECONDS", "soon"),
        ("SUBSCRIPTION_PRICE_EXCL_VAT", "1e999999"),
        ("SUBSCRIPTION_PRICE_EXCL_VAT", "149.005"),
        ("SUBSCRIPTION_PRICE_EXCL_VAT", "-1"),
        ("ENCRYPTION_KEYS", "\u00e9"),
        ("ENCRYPTION_KEYS", "c2hvcnQ="),
        ("MARKETPLACES", "NL,XX"),
        ("REDIS_TLS_VERIFY", "no"),
        ("LOG_LEVEL", "loud"),
        ("APP_ENV", "PRODUCTION"),
        ("SMTP_URL", "mail.test"),
        ("SMTP_URL", "https://user:password@mail.test"),
        ("SMTP_URL", "smtp://user:password@mail.test:port"),
        ("SMTP_URL", "smtps://user:password@mail.test/path"),
        ("MAIL_FROM", "Koppeling"),
        ("COMPANY_KVK", "1234567"),
        ("COMPANY_VAT_NUMBER", "NL000099998B58"),
        ("COMPANY_VAT_NUMBER", "DE136695976"),
        ("COMPANY_IBAN", "NL91ABNA0417164301"),
        ("MAIL_FROM", "Koppeling <info@koppeling.test>\r\nBcc: x@y.test"),
    ],
)
def test_a_wrong_value_is_told_by_its_name_and_without_a_password(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}") as refusal:
        Settings.from_environ({**ENVIRONMENT, "VAR_DIR": str(tmp_path), name: value})
    assert "password" not in str(refusal.value)


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    settings = Settings.from_environ({"VAR_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/webshop.sqlite"
    assert settings.is_sandbox_used
    again = Settings.from_environ({"VAR_DIR": str(tmp_path)})
    assert (again.secret_key, again.encryption_keys) == (settings.secret_key, settings.encryption_keys)


PRODUCTION = {
    **ENVIRONMENT,
    "APP_ENV": "production",
    "PUBLIC_URL": "https://koppeling.test",
    "DATABASE_URL": "postgres://host/shop",
    "REDIS_URL": "redis://host",
    "AMAZON_APPLICATION_ID": "amzn1.sp.solution.x",
    "AMAZON_CLIENT_ID": "client",
    "AMAZON_CLIENT_SECRET": "secret",
    "SNELSTART_SUBSCRIPTION_KEY": "key",
    "MOLLIE_API_KEY": "live_" + "x" * 30,
    "COMPANY_NAME": "Koppeling B.V.",
    "COMPANY_ADDRESS": "Kade 12",
    "COMPANY_POSTAL_CODE": "3511 AB",
    "COMPANY_CITY": "Utrecht",
    "COMPANY_KVK": "87654321",
    "COMPANY_VAT_NUMBER": "NL004495445B01",
    "COMPANY_IBAN": "NL20 INGB 0001 2345 67",
    "SMTP_URL": "smtps://user:secret@mail.test",
    "MAIL_FROM": "Koppeling <info@koppeling.test>",
    **dict.fromkeys(("AMAZON_CONSENT_URL", "AMAZON_TOKEN_URL", "AMAZON_API_URL"), ""),
    **dict.fromkeys(("SNELSTART_TOKEN_URL", "SNELSTART_API_URL", "MOLLIE_API_URL"), ""),
}


COMPANY = [name for name in PRODUCTION if name.startswith("COMPANY_")]


@pytest.mark.parametrize("name", COMPANY)
def test_production_does_not_write_invoices_without_a_seller_or_with_an_invented_one(tmp_path: Path, name: str) -> None:
    complete = {**PRODUCTION, "VAR_DIR": str(tmp_path)}
    assert Settings.from_environ(complete).company.iban == "NL20INGB0001234567"
    with pytest.raises(SettingsError, match=f"^{name} is missing"):
        Settings.from_environ({**complete, name: ""})
    invented = SANDBOX.kvk_number if name == "COMPANY_KVK" else getattr(SANDBOX, name.removeprefix("COMPANY_").lower())
    with pytest.raises(SettingsError, match=f"^{name} holds the sandbox's value"):
        Settings.from_environ({**complete, name: invented})


@pytest.mark.parametrize("name", ["SMTP_URL", "MAIL_FROM"])
def test_production_does_not_start_without_a_way_to_mail(tmp_path: Path, name: str) -> None:
    complete = {**PRODUCTION, "VAR_DIR": str(tmp_path)}
    assert "secret" not in repr(Settings.from_environ(complete))
    with pytest.raises(SettingsError, match=f"^{name} is missing"):
        Settings.from_environ({**complete, name: ""})


def test_payment_pages_are_at_mollie_or_where_the_sandbox_is(tmp_path: Path) -> None:
    production = Settings.from_environ({**PRODUCTION, "VAR_DIR": str(tmp_path)})
    addresses = {
        "https://www.mollie.com/checkout/select-method/x": True,
        "https://mollie.com/x": True,
        "http://www.mollie.com/x": False,
        "https://mollie.com.evil.test/x": False,
        "https://evilmollie.com/x": False,
        "javascript:alert(1)": False,
    }
    assert {address: production.is_checkout_address(address) for address in addresses} == addresses
    local = Settings.from_environ({"VAR_DIR": str(tmp_path)})
    assert local.checkout_origins == (local.sandbox_url,)
    assert not local.is_checkout_address("https://www.mollie.com/x")
