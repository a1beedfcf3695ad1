"""The sandbox as `make run` starts it: a process that keeps its books and leaves when it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from urllib3.util import Retry

pytestmark = pytest.mark.processes


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def start(port: int, path: Path) -> subprocess.Popen[bytes]:
    program = f"from webshop.sandbox.server import serve; serve({port}, {str(path)!r})"
    return subprocess.Popen([sys.executable, "-W", "error", "-c", program], stderr=subprocess.PIPE)


def patient_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    retry = Retry(connect=12, backoff_factor=0.05, backoff_max=1)
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    return session


def test_sellers_orders_and_mails_survive_a_restart(tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "sandbox.sqlite"
    url = f"http://127.0.0.1:{port}"
    first = start(port, path)
    with patient_session() as session:
        created = session.post(f"{url}/control/sellers", json={"name": "Winkel"}, timeout=5).json()
        wanted = {
            "seller_id": created["seller_id"],
            "count": 5,
            "since": "2026-11-01T00:00:00+00:00",
            "until": "2026-11-02T00:00:00+00:00",
        }
        assert len(session.post(f"{url}/control/orders", json=wanted, timeout=5).json()["order_ids"]) == 5
        session.post(f"{url}/mailbox", json={"to": "a@example.nl", "subject": "Hallo"}, timeout=5)
        before = session.get(f"{url}/control/totals", timeout=5).json()
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=10) == 0
    assert first.communicate()[1] == b""

    second = start(port, path)
    with patient_session() as session:
        assert session.get(f"{url}/control/totals", timeout=5).json() == before
        assert before["sellers"][0]["orders"] == 5
        assert session.get(f"{url}/control/mails", timeout=5).json()["mails"][0]["subject"] == "Hallo"
        form = {
            "grant_type": "refresh_token",
            "refresh_token": created["refresh_token"],
            "client_id": "amzn1.application-oa2-client.sandbox",
            "client_secret": "sandbox-secret",
        }
        assert session.post(f"{url}/amazon/auth/o2/token", data=form, timeout=5).status_code == 200
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=10) == 0
    second.communicate()
