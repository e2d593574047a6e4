"""Signatures in the demonstration: an authority of its own is believed, one desk seals, one leader can sign."""

from __future__ import annotations

import io
import math
import os
import pwd
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw

from mailhub.accounts.act import bump_version
from mailhub.accounts.rights import console
from mailhub.clock import local_time, now_ms
from mailhub.files.signed.answers import CrlFacts
from mailhub.files.signed.trusted import Part
from mailhub.ops.demo_authority import Authority, make_authority
from mailhub.ops.documents import sample_letter
from mailhub.sealing.switching import switch_on
from mailhub.settings import Settings
from mailhub.signatures.revocation.keeping import keep_list
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy
from mailhub.signer.folder import MANDATES, make_folder
from mailhub.store.database import Database

AGENCY, DESK = "SNV", "vanthu.snv"
LEADERS_KEY = "keys/demo-leader.p12"  # in DIR: the showcase signs with it as the leader would with a token
PIN = "demo-2026"
_SOURCE = "mailhub init --demo"


def set_up_signing(database: Database, settings: Settings) -> bool:
    """Make the authority, believe it, give the signer its folder and the leader a key, and switch sealing on for the
    desk of `AGENCY`. False, and nothing is done, where root has no user for the signer (scripts/install.sh makes it).

    Call it once everything else in DIR was given to the hub's user: the signer's folder is another's.
    """
    owner = None
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam(settings.signer.user)
        except KeyError:
            return False
        owner = (user.pw_uid, user.pw_gid)
    authority = make_authority()
    _believe(database, authority)
    _give_leader_a_key(settings, authority)
    _furnish(settings, authority, owner)
    with database.write() as connection:
        switch_on(connection, console("demo"), f"{DESK}@{settings.hub.domain}")
    return True


def _believe(database: Database, authority: Authority) -> None:
    at, day = now_ms(), local_time(now_ms()).date().isoformat()
    with database.write() as connection:
        for holder, part in ((authority.root, Part.ROOT), (authority.sub, Part.INTERMEDIATE)):
            pinned = Pinned(
                sha256=holder.sha256,
                der=holder.der,
                part=part,
                hierarchy=Hierarchy.TEST,
                subject=holder.certificate.subject.rfc4514_string(),
                source=_SOURCE,
                dated=day,
            )
            rows.put(connection, pinned, by="demo", at=at, confirmed_by="demo")
        bump_version(connection)
    facts = CrlFacts(
        issuer=authority.sub.sha256,
        this_update=_ms(authority.sub.certificate.not_valid_before_utc),
        next_update=_ms(authority.sub.certificate.not_valid_after_utc),
        number="1",
    )
    keep_list(database, authority.sub.sha256, facts, authority.crl, source=_SOURCE, at=at)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _give_leader_a_key(settings: Settings, authority: Authority) -> None:
    letter = sample_letter(local_time(now_ms()).date())
    organisation = f"ỦY BAN NHÂN DÂN {settings.hub.province.upper()}".strip()
    leader = authority.issue(letter.signer, organisation, ("Sở Nội vụ", "Văn phòng Sở"))
    path = settings.directory / LEADERS_KEY
    path.write_bytes(authority.pkcs12(leader, PIN.encode()))
    path.chmod(0o600)
    if os.geteuid() == 0:
        above = path.parent.stat()
        os.chown(path, above.st_uid, above.st_gid)


def _furnish(settings: Settings, authority: Authority, owner: tuple[int, int] | None) -> None:
    """DIR/signer: the agency's key, its PIN, its seal, whom it believes, and its mandate."""
    organisation = f"ỦY BAN NHÂN DÂN {settings.hub.province.upper()}".strip()
    agency = authority.issue("Sở Nội vụ", organisation, email=f"{DESK}@{settings.hub.domain}")
    folder = make_folder(settings.signer_directory, owner)
    files = {
        "trust/demo.pem": authority.root.pem + authority.sub.pem,
        "keys/snv.p12": authority.pkcs12(agency, PIN.encode()),
        "pins/snv": f"{PIN}\n".encode(),
        "seals/snv.png": demo_seal(),
        MANDATES: _mandates(settings).encode(),
    }
    for name, octets in files.items():
        _write(folder.path / name, octets, owner)


def _mandates(settings: Settings) -> str:
    return f"""\
# Demonstration: the agency's key is a file here. In earnest it is in a token (config/mandates.toml).
trust = ["trust/demo.pem"]

[agencies.{AGENCY}]
desks = ["{DESK}@{settings.hub.domain}"]
types = ["*"]
posts = ["*"]
issuers = ["Sở Nội vụ"]
limit_a_day = 200

[agencies.{AGENCY}.key]
pkcs12 = "keys/snv.p12"
pin = "pins/snv"

[agencies.{AGENCY}.seal]
image = "seals/snv.png"
diameter_mm = 36
"""


def _write(path: Path, octets: bytes, owner: tuple[int, int] | None) -> None:
    path.write_bytes(octets)
    path.chmod(0o600)
    if owner is not None:
        os.chown(path, *owner)


def demo_seal() -> bytes:
    """A red seal on transparent ground that nobody can take for a real one."""
    picture = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    drawing = ImageDraw.Draw(picture)
    red = (205, 20, 20, 255)
    for inset, width in ((8, 14), (36, 5), (150, 5)):
        drawing.ellipse((inset, inset, 600 - inset, 600 - inset), outline=red, width=width)
    drawing.polygon(_star(300, 290, 95), fill=red)
    for text, at in (("THU NGHIEM", 485), ("KHONG CO GIA TRI", 115)):
        drawing.text((300, at), text, fill=red, anchor="mm", font_size=34)
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Five points, one of them up."""
    corners = [(radius if at % 2 == 0 else radius * 0.38, math.pi * at / 5) for at in range(10)]
    return [(x + length * math.sin(angle), y - length * math.cos(angle)) for length, angle in corners]


__all__ = ["AGENCY", "DESK", "LEADERS_KEY", "PIN", "demo_seal", "set_up_signing"]
