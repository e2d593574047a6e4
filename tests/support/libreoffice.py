"""LibreOffice as another producer of signed PDFs: it exports and signs in one go, with a key out of an NSS database."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from asn1crypto import x509

from tests.support.pki import Identity

_SHORT = {
    "email_address": "E",
    "common_name": "CN",
    "organizational_unit_name": "OU",
    "organization_name": "O",
    "locality_name": "L",
    "country_name": "C",
}


def signed(who: Identity, folder: Path, text: str = "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM\nSố: 15/UBND\n") -> bytes:
    """A PDF of `text`, signed by LibreOffice (adbe.pkcs7.detached). Takes about 5 seconds."""
    home = folder / "libreoffice"
    keys = home / "nss"
    keys.mkdir(parents=True)
    environment = {**os.environ, "MOZILLA_CERTIFICATE_FOLDER": str(keys), "HOME": str(home), "LC_ALL": "C.UTF-8"}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=home)

    (home / "key.p12").write_bytes(who.pkcs12("x"))
    run("certutil", "-N", "-d", f"sql:{keys}", "--empty-password")
    run("pk12util", "-i", "key.p12", "-d", f"sql:{keys}", "-W", "x")
    (home / "letter.txt").write_text(text)
    options = {
        "SignPDF": {"type": "boolean", "value": "true"},
        "SignCertificateSubjectName": {"type": "string", "value": _subject(who.certificate)},
    }
    target = f"pdf:writer_pdf_Export:{json.dumps(options, ensure_ascii=False)}"
    profile = f"-env:UserInstallation=file://{home}/profile"
    run("soffice", profile, "--headless", "--convert-to", target, "--outdir", str(home / "out"), "letter.txt")
    return (home / "out" / "letter.pdf").read_bytes()


def _subject(certificate: x509.Certificate) -> str:
    """As NSS writes it, by which LibreOffice finds the certificate."""
    parts = [pair for group in certificate.subject.chosen for pair in group]
    return ",".join(f"{_SHORT[part['type'].native]}={part['value'].native}" for part in reversed(parts))
