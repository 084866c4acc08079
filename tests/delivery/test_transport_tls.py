"""The transport's TLS: nothing is told to a server that nobody vouches for."""

from __future__ import annotations

import socket
import threading

from notebook_notify import errors


def test_untrusted_certificate(post, failure, serve, tls):
    """A certificate that nobody vouches for is refused before anything is told to the server."""
    server = serve(tls=tls)
    error = failure(post, server.url)
    assert (error.errcode, error.left) == (errors.TLS_FAILED, False)
    assert "certificate not trusted" in str(error)
    assert (server.requests, server.broken_off) == ([], [])


def test_certificate_of_another_host(post, failure, serve, tls, trusted):
    """A trusted certificate for another name is refused."""
    server = serve(tls=tls)
    error = failure(post, server.url.replace("127.0.0.1", "localhost"))
    assert (error.errcode, error.left) == (errors.TLS_FAILED, False)
    assert server.requests == []


def test_not_tls_at_all(post, failure):
    """A plain server on an https address is a TLS failure, and is told nothing."""
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer():
            connection, _ = plain.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        error = failure(post, f"https://127.0.0.1:{plain.getsockname()[1]}")
    assert (error.errcode, error.left) == (errors.TLS_FAILED, False)


def test_trust_begins_and_ends_with_the_variable(post, failure, serve, tls, trusted, monkeypatch):
    """REQUESTS_CA_BUNDLE counts at once, also when it is unset while a connection is kept."""
    server = serve(tls=tls)
    assert post(server.url).status == 200
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert failure(post, server.url).errcode == errors.TLS_FAILED


def test_missing_bundle(post, failure, serve, tls, monkeypatch, tmp_path):
    """A bundle that is not there is named as such; TLS is not done without it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    server = serve(tls=tls)
    error = failure(post, server.url)
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)
    assert "the file with the certificates to trust was not found" in str(error)
