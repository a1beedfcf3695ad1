"""Every environment variable of the product: typed, checked at start, documented in docs/settings.md.

This is the only module that reads the environment. An empty environment gives the embedded defaults
(SQLite, bundled Redis-protocol server, sandbox); production has no defaults for secrets and refuses
to start half configured, naming the variable.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import formataddr, parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from webshop.company import SANDBOX, VARIABLES, Company
from webshop.exceptions import SettingsError

VERSION = "0.1.0"
PROJECT_ROOT = Path(__file__).resolve().parent.parent
MARKETPLACES = ("NL", "DE", "BE", "FR", "ES", "IT", "SE", "PL", "IE")

SELLER_CENTRAL_EUROPE = "https://sellercentral-europe.amazon.com"
SELLER_CENTRAL = {
    "NL": "https://sellercentral.amazon.nl",
    "BE": "https://sellercentral.amazon.com.be",
    "SE": "https://sellercentral.amazon.se",
    "PL": "https://sellercentral.amazon.pl",
}
"""Where sellers give consent, by the country of the marketplace; all others share one address."""
AMAZON_CONFIRM_ORIGINS = ("https://amazon.com", "https://www.amazon.com")
"""From where Amazon may also start an authorisation."""

AMAZON_PRODUCTION_TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address, not a secret
AMAZON_PRODUCTION_API_URL = "https://sellingpartnerapi-eu.amazon.com"
SNELSTART_PRODUCTION_TOKEN_URL = "https://auth.snelstart.nl/b2b/token"  # noqa: S105 - an address, not a secret
SNELSTART_PRODUCTION_API_URL = "https://b2bapi.snelstart.nl/v2"

MOLLIE_PRODUCTION_API_URL = "https://api.mollie.com"
MOLLIE_CHECKOUT_ORIGINS = ("https://mollie.com", "https://*.mollie.com")
"""Where Mollie shows its payment pages, as a Content-Security-Policy names them."""

SANDBOX_APPLICATION_ID = "amzn1.sp.solution.sandbox"
SANDBOX_CLIENT_ID = "amzn1.application-oa2-client.sandbox"
SANDBOX_CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the look-alike's own, of no use elsewhere
SANDBOX_SUBSCRIPTION_KEY = "sandbox-subscription-key"
SANDBOX_MOLLIE_API_KEY = "test_sandboxsandboxsandboxsandbox00"

_NUMBER = re.compile(r"[0-9]{1,9}")
_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class Settings:
    """The product's settings; secrets do not show in its repr."""

    is_production: bool
    database_url: str
    redis_url: str | None
    """None: the supervisor starts the bundled server and sets REDIS_URL for its children."""
    secret_key: str = field(repr=False)
    encryption_keys: tuple[bytes, ...] = field(repr=False)
    public_url: str
    port: int
    var_dir: Path
    amazon_application_id: str
    amazon_client_id: str
    amazon_client_secret: str = field(repr=False)
    amazon_consent_url: str
    """Empty: the Seller Central address of the marketplace's own country."""
    amazon_token_url: str
    amazon_api_url: str
    snelstart_token_url: str
    snelstart_api_url: str
    snelstart_subscription_key: str = field(repr=False)
    mollie_api_url: str
    """Without the version in its path."""
    mollie_api_key: str = field(repr=False)
    is_sandbox_used: bool
    is_amazon_application_draft: bool = False
    """Whether Amazon has not published the application yet: consent is asked for its draft."""
    vies_url: str = ""
    """Empty: VAT numbers are judged by their form and check digit only."""
    smtp_url: str = field(default="", repr=False)
    """Empty in development only: mail goes to the sandbox's mailbox."""
    mail_from: str = "Koppeling <koppeling@localhost>"
    company: Company = SANDBOX
    """The seller on our invoices."""
    sync_interval_minutes: int = 60
    marketplaces: tuple[str, ...] = ("NL", "DE")
    subscription_price_excl_vat: Decimal = Decimal("149.00")
    installation_price_excl_vat: Decimal = Decimal("39.50")
    migration_price_excl_vat: Decimal = Decimal("67.50")
    metrics_token: str = field(default="", repr=False)
    """Empty: /metrics does not exist."""
    log_level: str = "INFO"
    lease_seconds: int = 300
    is_redis_tls_verified: bool = True
    password_hash_memory_kib: int = 47_104
    is_https: bool = False

    @property
    def sandbox_port(self) -> int:
        return self.port + 1

    @property
    def sandbox_url(self) -> str:
        return f"http://localhost:{self.sandbox_port}"

    def consent_url(self, country: str) -> str:
        """Return the Seller Central in which a seller of this country gives consent."""
        return self.amazon_consent_url or SELLER_CENTRAL.get(country, SELLER_CENTRAL_EUROPE)

    @property
    def consent_origins(self) -> tuple[str, ...]:
        """Everything Amazon's consent may be at: nothing else is ever redirected to."""
        if not self.amazon_consent_url:
            return (SELLER_CENTRAL_EUROPE, *SELLER_CENTRAL.values(), *AMAZON_CONFIRM_ORIGINS)
        parts = urlsplit(self.amazon_consent_url)
        return (f"{parts.scheme}://{parts.netloc}",)

    @property
    def is_mollie_real(self) -> bool:
        """Whether payments are made at Mollie, and not at a look-alike of it."""
        return self.mollie_api_url == MOLLIE_PRODUCTION_API_URL

    @property
    def checkout_origins(self) -> tuple[str, ...]:
        """Everything a payment page may be at: nothing else is ever redirected to."""
        if self.is_mollie_real:
            return MOLLIE_CHECKOUT_ORIGINS
        parts = urlsplit(self.mollie_api_url)
        return (f"{parts.scheme}://{parts.netloc}",)

    def is_checkout_address(self, address: str) -> bool:
        """Return whether an address is one of a payment page."""
        parts = urlsplit(address)
        if self.is_mollie_real:
            host = parts.hostname or ""
            return parts.scheme == "https" and (host == "mollie.com" or host.endswith(".mollie.com"))
        return f"{parts.scheme}://{parts.netloc}" in self.checkout_origins

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        :raise SettingsError: when a value is missing, malformed or not allowed in production; the
            message names the variable.
        """
        return _Reader(os.environ if environ is None else environ).read()


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.is_production = self._is_production()
        self.var_dir = Path(self._text("VAR_DIR", str(PROJECT_ROOT / "var")))
        self.port = self._integer("PORT", 5000, 1, 65534)
        self.sandbox = f"http://localhost:{self.port + 1}"

    def read(self) -> Settings:
        public_url = self._public_url()
        vendor_names = ("AMAZON_TOKEN_URL", "AMAZON_API_URL", "SNELSTART_TOKEN_URL", "SNELSTART_API_URL")
        return Settings(
            is_production=self.is_production,
            database_url=self._database_url(),
            redis_url=self._redis_url(),
            secret_key=self._secret_key(),
            encryption_keys=self._encryption_keys(),
            public_url=public_url,
            port=self.port,
            var_dir=self.var_dir,
            amazon_application_id=self._secret("AMAZON_APPLICATION_ID", SANDBOX_APPLICATION_ID),
            amazon_client_id=self._secret("AMAZON_CLIENT_ID", SANDBOX_CLIENT_ID),
            amazon_client_secret=self._secret("AMAZON_CLIENT_SECRET", SANDBOX_CLIENT_SECRET),
            amazon_consent_url=self._vendor_url("AMAZON_CONSENT_URL", "", "/amazon/seller-central"),
            amazon_token_url=self._vendor_url("AMAZON_TOKEN_URL", AMAZON_PRODUCTION_TOKEN_URL, "/amazon/auth/o2/token"),
            amazon_api_url=self._vendor_url("AMAZON_API_URL", AMAZON_PRODUCTION_API_URL, "/amazon/api"),
            snelstart_token_url=self._vendor_url(
                "SNELSTART_TOKEN_URL", SNELSTART_PRODUCTION_TOKEN_URL, "/snelstart/auth/b2b/token"
            ),
            snelstart_api_url=self._vendor_url("SNELSTART_API_URL", SNELSTART_PRODUCTION_API_URL, "/snelstart/api/v2"),
            snelstart_subscription_key=self._secret("SNELSTART_SUBSCRIPTION_KEY", SANDBOX_SUBSCRIPTION_KEY),
            mollie_api_url=self._vendor_url("MOLLIE_API_URL", MOLLIE_PRODUCTION_API_URL, "/mollie/api"),
            mollie_api_key=self._secret("MOLLIE_API_KEY", SANDBOX_MOLLIE_API_KEY),
            is_sandbox_used=not self.is_production and not any(self.environ.get(name) for name in vendor_names),
            is_amazon_application_draft=self._switch("AMAZON_APPLICATION_DRAFT", default=False),
            vies_url=self._optional_url("VIES_URL"),
            smtp_url=self._smtp_url(),
            mail_from=self._mail_from(),
            company=self._company(),
            sync_interval_minutes=self._integer("SYNC_INTERVAL_MINUTES", 60, 5, 24 * 60),
            marketplaces=self._marketplaces(),
            subscription_price_excl_vat=self._amount("SUBSCRIPTION_PRICE_EXCL_VAT", "149.00"),
            installation_price_excl_vat=self._amount("INSTALLATION_PRICE_EXCL_VAT", "39.50"),
            migration_price_excl_vat=self._amount("MIGRATION_PRICE_EXCL_VAT", "67.50"),
            metrics_token=self._metrics_token(),
            log_level=self._log_level(),
            lease_seconds=self._integer("LEASE_SECONDS", 300, 1, 3600),
            is_redis_tls_verified=self._switch("REDIS_TLS_VERIFY", default=True),
            is_https=public_url.startswith("https://"),
        )

    def _text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def _is_production(self) -> bool:
        value = self._text("APP_ENV", "production" if self.environ.get("DYNO") else "development")
        if value not in ("production", "development"):
            raise SettingsError(f"APP_ENV must be production or development, not {value!r}")
        if self.environ.get("DYNO") and value != "production":
            raise SettingsError("APP_ENV is development, but DYNO is set: a dyno always runs as production")
        if value == "production" and self._text("FLASK_DEBUG", "0") not in ("0", "false", "False"):
            raise SettingsError("FLASK_DEBUG must not be set in production")
        return value == "production"

    def _integer(self, name: str, default: int, least: int, most: int) -> int:
        text = self._text(name, str(default))
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise SettingsError(f"{name} must be a whole number from {least} to {most}, not {text!r}")
        return int(text)

    def _amount(self, name: str, default: str) -> Decimal:
        text = self._text(name, default)
        if not _AMOUNT.fullmatch(text):
            raise SettingsError(f"{name} must be an amount in whole cents such as 149.00, not {text!r}")
        return Decimal(text).quantize(Decimal("0.01"))

    def _switch(self, name: str, *, default: bool) -> bool:
        text = self._text(name, "on" if default else "off").lower()
        if text not in ("on", "off"):
            raise SettingsError(f"{name} must be on or off, not {text!r}")
        return text == "on"

    def _metrics_token(self) -> str:
        token = self._text("METRICS_TOKEN", "")
        if token and (len(token) < 16 or not token.isascii()):
            raise SettingsError("METRICS_TOKEN is too short: use at least 16 plain characters")
        return token

    def _log_level(self) -> str:
        level = self._text("LOG_LEVEL", "INFO").upper()
        if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {level!r}")
        return level

    def _marketplaces(self) -> tuple[str, ...]:
        names = tuple(part.strip().upper() for part in self._text("MARKETPLACES", "NL,DE").split(",") if part.strip())
        unknown = [name for name in names if name not in MARKETPLACES]
        if unknown or not names:
            raise SettingsError(
                f"MARKETPLACES may hold {', '.join(MARKETPLACES)}; not {', '.join(unknown) or 'nothing'}"
            )
        return names

    def _public_url(self) -> str:
        url = self._text("PUBLIC_URL", "" if self.is_production else f"http://localhost:{self.port}").rstrip("/")
        parts = _parts_of(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise SettingsError("PUBLIC_URL must be the product's own address, such as https://koppeling.example.nl")
        if self.is_production and parts.scheme != "https":
            raise SettingsError("PUBLIC_URL must start with https:// in production")
        return url

    def _database_url(self) -> str:
        url = self._text("DATABASE_URL", "")
        if not url:
            if self.is_production:
                raise SettingsError("DATABASE_URL is missing: production needs a PostgreSQL database")
            return f"sqlite:///{self.var_dir / 'webshop.sqlite'}"
        if url.startswith("sqlite:///"):
            if self.environ.get("DYNO") and self._text("SQLITE_ON_DYNO", "") != "forced":
                raise SettingsError("DATABASE_URL names SQLite, but a dyno's disk is wiped at every restart")
            return url
        for prefix in ("postgres://", "postgresql://", "postgresql+psycopg://"):
            if url.startswith(prefix) and _parts_of(url):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        raise SettingsError("DATABASE_URL must be an address that starts with postgres://, postgresql:// or sqlite:///")

    def _redis_url(self) -> str | None:
        url = self._text("REDIS_URL", "")
        if not url:
            if self.is_production:
                raise SettingsError("REDIS_URL is missing")
            return None
        if not url.startswith(("redis://", "rediss://", "unix://")) or not _parts_of(url):
            raise SettingsError("REDIS_URL must be an address that starts with redis://, rediss:// or unix://")
        return url

    def _secret(self, name: str, sandbox_value: str) -> str:
        value = self._text(name, "" if self.is_production else sandbox_value)
        if not value:
            raise SettingsError(f"{name} is missing")
        if self.is_production and value == sandbox_value:
            raise SettingsError(f"{name} holds the sandbox's value, which is refused in production")
        return value

    def _secret_key(self) -> str:
        value = self._text("SECRET_KEY", "") or self._made_once("secret_key", lambda: secrets.token_urlsafe(48))
        if not value:
            raise SettingsError("SECRET_KEY is missing")
        if self.is_production and len(value) < 32:
            raise SettingsError("SECRET_KEY is too short: use at least 32 characters")
        return value

    def _encryption_keys(self) -> tuple[bytes, ...]:
        text = self._text("ENCRYPTION_KEYS", "") or self._made_once(
            "encryption_keys", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        )
        if not text:
            raise SettingsError("ENCRYPTION_KEYS is missing")
        keys = tuple(_decode_key(part.strip()) for part in text.split(",") if part.strip())
        if not keys or any(len(key) != 32 for key in keys):
            raise SettingsError("ENCRYPTION_KEYS must hold keys of 32 bytes in base64, newest first, with commas")
        return keys

    def _made_once(self, name: str, make: Callable[[], str]) -> str:
        """Return the development secret of this name, made at the first start; "" in production."""
        if self.is_production:
            return ""
        path = self.var_dir / name
        try:
            self.var_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"VAR_DIR cannot be made: {error.strerror}: {self.var_dir}") from None
        if not path.exists():
            # Several processes may start at once: the first to create the file wins.
            temporary = path.with_name(f"{name}.{secrets.token_hex(4)}")
            temporary.write_text(make(), encoding="ascii")
            temporary.chmod(0o600)
            with suppress(FileExistsError):
                os.link(temporary, path)
            temporary.unlink()
        return path.read_text(encoding="ascii").strip()

    def _smtp_url(self) -> str:
        url = self._text("SMTP_URL", "")
        if not url:
            if self.is_production:
                raise SettingsError("SMTP_URL is missing: the product mails installation links")
            return ""
        parts = _parts_of(url)
        if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
            raise SettingsError("SMTP_URL must look like smtps://user:secret@mail.example.nl:465 or smtp://…:587")
        return url

    def _mail_from(self) -> str:
        text = self._text("MAIL_FROM", "" if self.is_production else "Koppeling <koppeling@localhost>")
        if not text:
            raise SettingsError("MAIL_FROM is missing: the sender of the product's mail")
        name, address = parseaddr(text)
        if not text.isprintable() or "@" not in address.strip("@") or " " in address:
            raise SettingsError("MAIL_FROM must be an address, such as Koppeling <info@koppeling.example.nl>")
        return formataddr((name, address))

    def _company(self) -> Company:
        return Company(**{name: self._secret(variable, getattr(SANDBOX, name)) for name, variable in VARIABLES.items()})

    def _vendor_url(self, name: str, production: str, sandbox_path: str) -> str:
        return self._optional_url(name) or (production if self.is_production else self.sandbox + sandbox_path)

    def _optional_url(self, name: str) -> str:
        given = self._text(name, "").rstrip("/")
        if not given:
            return ""
        parts = _parts_of(given)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"{name} must be an http(s) address")
        if self.is_production:
            if parts.scheme != "https":
                raise SettingsError(f"{name} must start with https:// in production")
            if parts.hostname in ("localhost", "::1") or parts.hostname.startswith("127."):
                raise SettingsError(f"{name} points at this machine, which is refused in production")
        return given


def _parts_of(url: str) -> SplitResult | None:
    """Return the parts of an address, None when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _decode_key(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
