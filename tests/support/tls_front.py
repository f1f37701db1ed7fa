"""A TLS front for a server that speaks plain HTTP: some clients behave otherwise over https."""

import datetime as dt
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class TlsFront:
    """Where it listens, and the file of the certificate that a client must trust."""

    url: str
    certificate: Path


@contextmanager
def tls_front(target: str, folder: Path) -> Generator[TlsFront]:
    """Serve `https://127.0.0.1:PORT`, each connection passed on to the plain `target` (`http://host:port`)."""
    host, _, port = target.removeprefix("http://").partition(":")
    certificate = _write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                plain, _address = listener.accept()
                Thread(target=_serve, args=(context, plain, (host, int(port))), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    try:
        yield TlsFront(f"https://127.0.0.1:{listener.getsockname()[1]}", certificate)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(context: ssl.SSLContext, plain: socket.socket, target: tuple[str, int]) -> None:
    """Pass bytes both ways. One thread a direction; an SSL socket may be read and written at the same time."""
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as secure,
        socket.create_connection(target) as behind,
    ):
        back = Thread(target=_pass_on, args=(behind, secure), daemon=True)
        back.start()
        _pass_on(secure, behind)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _write_certificate(folder: Path) -> Path:
    """Write a key and its own certificate for 127.0.0.1 to one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "tls.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
