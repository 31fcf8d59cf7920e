"""A certificate authority for one test, and certificates that it has signed."""

import ssl
import subprocess
from pathlib import Path


class Authority:
    """Files in `folder`: `ca.pem`, and for each name a `NAME.pem` with its `NAME.key`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "ca.pem"
        key = folder / "ca.key"
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.file,
                 "-days", "2", "-subj", "/CN=Authority of a test")  # fmt: skip

    def certify(self, name: str) -> tuple[Path, Path]:
        """A certificate and a key for a server that is called `name`, or has this IP address."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extension = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        kind = "IP" if name.replace(".", "").isdigit() else "DNS"
        extension.write_text(f"subjectAltName={kind}:{name}\n")
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
                 "-subj", f"/CN={name}")  # fmt: skip
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey",
                 self.folder / "ca.key", "-CAcreateserial", "-out", certificate, "-days", "2",
                 "-extfile", extension)  # fmt: skip
        return certificate, key

    def server(self, name: str) -> ssl.SSLContext:
        """What a server that is called `name` serves by."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.certify(name))
        return context


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
