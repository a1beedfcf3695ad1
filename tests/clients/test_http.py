"""What a call that goes wrong means: a write that may have arrived is never taken for one that did not."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.exceptions import ProtocolError

from tests.clients.fakes import NOW, Answer, ScriptedAdapter, Server, http_over, read_request
from webshop.clients.http import HttpClient, build_user_agent, retry_after_seconds
from webshop.clients.transport import build_session
from webshop.exceptions import OutcomeUnknownError, RejectedError, RemoteError, RetryableRemoteError

URL = "https://remote.example/path"
Serve = Callable[[Callable[[socket.socket], object]], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(behaviour: Callable[[socket.socket], object]) -> Server:
        servers.append(Server(behaviour))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def over_sockets(**limits: Any) -> HttpClient:
    return HttpClient(remote="snelstart", session=build_session(), user_agent="Koppeling/test", **limits)


def read(http: HttpClient, url: str = URL) -> Any:
    return http.send("GET", url, operation="read")


def write(http: HttpClient, url: str = URL) -> Any:
    return http.send("POST", url, operation="write", json={"a": 1}, is_write=True)


# answers


def test_an_answer_comes_back_with_its_status_whatever_it_is() -> None:
    answer = read(http_over(ScriptedAdapter(Answer(418, b"tea", {"x-amzn-RequestId": "r-1"}))))

    assert (answer.status, answer.body, answer.request_id) == (418, b"tea", "r-1")


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"a": 1.10}')
    answer = read(http_over(ScriptedAdapter(Answer(200, body, {"Content-Encoding": "gzip"}))))

    assert str(answer.json()["a"]) == "1.10"


def test_names_us_as_amazon_asks() -> None:
    adapter = ScriptedAdapter(Answer())
    http = HttpClient(remote="a", session=build_session(adapter=adapter), user_agent=build_user_agent("1.0"))
    read(http)

    assert adapter.sent[0].headers["User-Agent"].startswith("Koppeling/1.0 (Language=Python/3.")


def test_a_space_in_the_query_is_not_a_plus_and_a_plus_not_a_space() -> None:
    adapter = ScriptedAdapter(Answer())
    http_over(adapter).send("GET", URL, operation="read", params={"$filter": "Email eq 'a+b@c.nl'"})

    assert adapter.sent[0].url == f"{URL}?$filter=Email%20eq%20%27a%2Bb%40c.nl%27"


@pytest.mark.parametrize("remote_id", ["a\x1b[31mb", ""])
def test_a_request_id_cannot_break_the_log(remote_id: str) -> None:
    assert read(http_over(ScriptedAdapter(Answer(headers={"x-amzn-RequestId": remote_id})))).request_id is None


def test_the_log_names_the_call_and_its_request_id_but_not_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    times = iter([0.0, 0.1, 0.2, 0.25])
    answer = Answer(503, b"secret body", {"x-amzn-RequestId": "r-1"})
    http = http_over(ScriptedAdapter(answer), monotonic=lambda: next(times))
    http.send("GET", URL, operation="searchOrders", params={"q": "secret"})

    assert "amazon searchOrders HTTP 503 in 250 ms, r-1" in caplog.text
    assert "secret" not in caplog.text and "remote.example" not in caplog.text


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("999999999", 86_400.0), ("", None), ("-1", None), ("soon", None), ("²", None)]
)
def test_the_remotes_advice_to_wait_is_bounded(value: str, seconds: float | None) -> None:
    answer = read(http_over(ScriptedAdapter(Answer(429, headers={"Retry-After": value}))))

    assert retry_after_seconds(answer) == seconds


# redirects, cookies, environment


@pytest.mark.parametrize(("call", "error_class"), [(read, RetryableRemoteError), (write, RejectedError)])
def test_the_token_does_not_follow_a_redirect(
    call: Callable[[HttpClient], Any], error_class: type[RemoteError]
) -> None:
    adapter = ScriptedAdapter(Answer(302, headers={"Location": "https://elsewhere.example/"}))

    with pytest.raises(error_class) as caught:
        call(http_over(adapter))

    assert (caught.value.code, caught.value.status, len(adapter.sent)) == ("REDIRECT", 302, 1)


def test_a_cookie_of_one_shop_is_not_sent_for_the_next(serve: Serve) -> None:
    heads: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        heads.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: tenant=1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    server = serve(behave)
    http = over_sockets()
    read(http, server.url)
    read(http, server.url)

    assert len(heads) == 2
    assert all(b"tenant" not in head for head in heads)


def test_proxies_and_netrc_of_the_machine_are_ignored_but_its_certificates_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine remote.example login someone password secret")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    adapter = ScriptedAdapter(Answer())
    session = build_session(adapter=adapter)
    read(HttpClient(remote="a", session=session, user_agent="x"))

    assert session.verify == str(bundle)
    assert session.merge_environment_settings(URL, {}, None, None, None)["proxies"] == {}
    assert "Authorization" not in adapter.sent[0].headers


# trouble


def test_a_timeout_of_a_write_leaves_its_outcome_open() -> None:
    with pytest.raises(OutcomeUnknownError):
        write(http_over(ScriptedAdapter(requests.ReadTimeout())))


def test_a_timeout_of_a_read_may_be_tried_again() -> None:
    with pytest.raises(RetryableRemoteError):
        read(http_over(ScriptedAdapter(requests.ReadTimeout())))


def test_a_reset_of_a_write_leaves_its_outcome_open() -> None:
    error = requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset")))

    with pytest.raises(OutcomeUnknownError):
        write(http_over(ScriptedAdapter(error)))


def test_a_tls_error_in_the_middle_of_an_answer_leaves_a_write_open() -> None:
    with pytest.raises(OutcomeUnknownError):
        write(http_over(ScriptedAdapter(requests.exceptions.SSLError(ssl.SSLError(1, "bad record mac")))))


def test_a_write_that_could_not_connect_in_time_was_not_sent() -> None:
    with pytest.raises(RetryableRemoteError):
        write(http_over(ScriptedAdapter(requests.ConnectTimeout())))


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    http = http_over(ScriptedAdapter(Answer()))

    with pytest.raises(RetryableRemoteError) as caught:
        http.send("POST", URL, operation="write", headers={"Authorization": "Bearer canary\n"}, is_write=True)

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_error_does_not_carry_the_original_with_its_address() -> None:
    http = http_over(ScriptedAdapter(requests.ConnectionError(f"failed: {URL}?q=canary")))

    with pytest.raises(RetryableRemoteError) as caught:
        http.send("GET", URL, operation="read", params={"q": "canary"})

    assert "canary" not in f"{caught.value!s} {caught.value!r}"
    assert caught.value.__context__ is None


# trouble on real sockets


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


def test_a_refused_connection_means_that_a_write_was_not_sent() -> None:
    with pytest.raises(RetryableRemoteError):
        write(over_sockets(), closed_port())


def test_an_unknown_host_means_that_a_write_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(RetryableRemoteError):
        write(over_sockets())


def test_a_connection_that_does_not_come_about_in_time_means_that_a_write_was_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", fail)

    with pytest.raises(RetryableRemoteError):
        write(over_sockets(), closed_port())


def respond_with(*pieces: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return behave


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


BROKEN = {
    "no answer": respond_with(),
    "a reset": reset,
    "no HTTP": respond_with(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a body shorter than promised": respond_with(b'HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"id":'),
    "a chunk shorter than promised": respond_with(
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b'20\r\n{"id":'
    ),
    "chunks without an end": respond_with(
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n"
    ),
    "a chunk that is none": respond_with(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "a broken gzip": respond_with(b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"),
}


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN.keys())
def test_a_write_with_a_broken_answer_is_never_taken_for_done_or_for_not_sent(
    serve: Serve, behaviour: Callable[[socket.socket], object]
) -> None:
    with pytest.raises(OutcomeUnknownError):
        write(over_sockets(), serve(behaviour).url)


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN.keys())
def test_a_read_with_a_broken_answer_may_be_tried_again(
    serve: Serve, behaviour: Callable[[socket.socket], object]
) -> None:
    with pytest.raises(RetryableRemoteError):
        read(over_sockets(), serve(behaviour).url)


def test_a_chunked_answer_is_read_whole(serve: Serve) -> None:
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b'2\r\n{"\r\n', b'5\r\na":1}\r\n', b"0\r\n\r\n"

    assert read(over_sockets(), serve(respond_with(*pieces)).url).json() == {"a": 1}


def test_a_head_that_trickles_is_given_up_after_the_read_timeout(serve: Serve) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            server.stopped.wait(0.02)
            connection.sendall(b"x")

    server = serve(behave)

    with pytest.raises(OutcomeUnknownError):
        write(over_sockets(read_timeout=0.2), server.url)


def test_a_body_that_trickles_is_given_up_at_the_deadline(serve: Serve) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            server.stopped.wait(0.02)
            connection.sendall(b" ")

    server = serve(behave)

    with pytest.raises(RetryableRemoteError, match="more than 0.2 s"):
        read(over_sockets(deadline=0.2, read_timeout=5.0), server.url)


def test_calls_that_share_a_deadline_end_together() -> None:
    now = 100.0
    adapter = ScriptedAdapter(Answer(200, b"{}"), Answer(200, b"{}"))
    http = http_over(adapter, monotonic=lambda: now, ends_at=105.0)
    read(http)
    now = 105.0

    with pytest.raises(RetryableRemoteError, match="time for these calls is up"):
        read(http)
    with pytest.raises(RetryableRemoteError):
        write(http)
    assert len(adapter.sent) == 1


def test_a_body_without_end_is_given_up_at_the_limit(serve: Serve) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            connection.sendall(b" " * 10_000)

    server = serve(behave)

    with pytest.raises(RetryableRemoteError, match="more than 50000 bytes"):
        read(over_sockets(max_bytes=50_000), server.url)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up_at_the_limit() -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    http = http_over(ScriptedAdapter(Answer(200, bomb, {"Content-Encoding": "gzip"})), max_bytes=1_000_000)

    with pytest.raises(RetryableRemoteError, match="more than 1000000 bytes"):
        read(http)


def test_a_connection_is_used_again(serve: Serve) -> None:
    connections: list[int] = []

    def behave(connection: socket.socket) -> None:
        connections.append(1)
        for _ in range(2):
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    http, server = over_sockets(), serve(behave)
    read(http, server.url)
    read(http, server.url)

    assert len(connections) == 1


# TLS


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=3_000))
        .not_valid_after(NOW + timedelta(days=30_000))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_server(self_signed: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed)
    server = Server(respond_with(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), context)
    yield server
    server.close()


def test_a_certificate_nobody_vouches_for_is_refused_and_nothing_was_sent(tls_server: Server) -> None:
    with pytest.raises(RetryableRemoteError, match="SSL"):
        write(over_sockets(), tls_server.url)


def test_a_trusted_certificate_is_accepted(
    tls_server: Server, self_signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self_signed))

    assert write(over_sockets(), tls_server.url).json() == {}


def test_a_server_that_speaks_no_tls_got_nothing(serve: Serve) -> None:
    server = serve(lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n"))

    with pytest.raises(RetryableRemoteError):
        write(over_sockets(), server.url.replace("http:", "https:"))


def test_a_tls_handshake_that_hangs_means_that_a_write_was_not_sent(serve: Serve) -> None:
    server = serve(lambda connection: server.stopped.wait(5))

    with pytest.raises(RetryableRemoteError):
        write(over_sockets(connect_timeout=0.2), server.url.replace("http:", "https:"))
