"""A certificate authority of the tests' own: whoever trusts it takes our stand-ins for the real services."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """Its files, and a server's that it vouches for."""

    directory: Path

    @property
    def bundle(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def trusted(self) -> dict[str, str]:
        """The environment in which programs believe it: requests reads the one, smtplib the other."""
        return {"REQUESTS_CA_BUNDLE": str(self.bundle), "SSL_CERT_FILE": str(self.bundle)}

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.pem", self.directory / "server.key")
        return context


def authority(directory: Path, *names: str) -> Authority:
    """Make one that vouches for these names and for 127.0.0.1."""
    for name in ("ca", "server"):
        _openssl(directory, name)
    extension = directory / "server.ext"
    extension.write_text(f"subjectAltName={','.join([*(f'DNS:{name}' for name in names), 'IP:127.0.0.1'])}\n")
    _run(
        directory,
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", str(extension), "-out", "server.pem"),
    )
    return Authority(directory)


def _openssl(directory: Path, name: str) -> None:
    """A key; and the certificate of a CA, or the wish for a server's."""
    what = ("-x509", "-days", "2", "-out", "ca.pem") if name == "ca" else ("-out", f"{name}.csr")
    _run(directory, "req", *_CURVE, "-keyout", f"{name}.key", "-subj", f"/CN=tests {name}", *what)


def _run(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
