"""Settings for tests: nothing from the environment, remotes that only exist in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from webshop.settings import Settings

SANDBOX = "http://sandbox.test"
ENVIRONMENT = {
    "SECRET_KEY": "a secret key for tests, of no use elsewhere",
    "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgMzIgYnl0ZXMgbG9uZyBrZXkgISE=",
    "PUBLIC_URL": "http://localhost",
    "AMAZON_CONSENT_URL": f"{SANDBOX}/amazon/seller-central",
    "AMAZON_TOKEN_URL": f"{SANDBOX}/amazon/auth/o2/token",
    "AMAZON_API_URL": f"{SANDBOX}/amazon/api",
    "SNELSTART_TOKEN_URL": f"{SANDBOX}/snelstart/auth/b2b/token",
    "SNELSTART_API_URL": f"{SANDBOX}/snelstart/api/v2",
    "MOLLIE_API_URL": f"{SANDBOX}/mollie/api",
    "LOG_LEVEL": "WARNING",
}


def make_settings(var_dir: Path, **changes: Any) -> Settings:
    settings = Settings.from_environ({**ENVIRONMENT, "VAR_DIR": str(var_dir)})
    return replace(settings, is_sandbox_used=True, password_hash_memory_kib=64, **changes)
