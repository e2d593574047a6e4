"""Hashes of older systems: what is taken, what is refused, and that the first login replaces them."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64encode

import pytest
from sqlalchemy import select

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import InvalidValue, NotAllowed, ReasonMissing, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.changing import import_hash
from mailhub.accounts.login.imported import read_hash, verify_imported
from mailhub.accounts.records import AuditRow, Credential
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, make_account
from tests.support.logins import ADDRESS, START, Client, told

SALT = b"\x01\x02\x03\x04\xff\xfe\xfd\xfc"


def salted(scheme: str, algorithm: str, secret: str = PASSWORD) -> str:
    digest = hashlib.new(algorithm, secret.encode() + SALT).digest()
    return f"{{{scheme}}}" + b64encode(digest + SALT).decode()


def openssl(method: str, secret: str = PASSWORD) -> str:
    """By another implementation than the one that checks."""
    command = ["openssl", "passwd", f"-{method}", "-salt", "saltstring", "-stdin"]
    done = subprocess.run(command, input=secret + "\n", capture_output=True, text=True, check=True)
    return "{CRYPT}" + done.stdout.strip()


HASHES = {
    "ssha": salted("SSHA", "sha1"),
    "ssha256": salted("SSHA256", "sha256"),
    "ssha512": salted("SSHA512", "sha512"),
    "lower case": salted("ssha", "sha1"),
    "md5": openssl("1"),
    "sha256": openssl("5"),
    "sha512": openssl("6"),
    "bare": openssl("6").removeprefix("{CRYPT}"),
}


@pytest.mark.unit
@pytest.mark.parametrize("line", HASHES.values(), ids=HASHES)
def test_a_hash_knows_its_password_and_no_other(line: str) -> None:
    stored = read_hash(line + "\n")
    assert verify_imported(stored, PASSWORD)
    for other in ("", "x", PASSWORD + " ", PASSWORD + "\0", PASSWORD.upper(), "\ud800", "Ă" * 300):
        assert not verify_imported(stored, other)


@pytest.mark.unit
def test_rounds_of_its_own_count() -> None:
    """The second vector of SHA-crypt.txt (U. Drepper)."""
    sha512 = (
        "{CRYPT}$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK"
        "6H9qs/y3RnOaw5v."
    )
    assert verify_imported(read_hash(sha512), "Hello world!")


@pytest.mark.unit
def test_a_password_with_marks_fits_however_it_was_composed() -> None:
    decomposed = "M\u0061\u0323\u0302t-kh\u0061\u0302\u0309u.2026"
    for kept in ("Mật-khẩu.2026", decomposed):
        assert verify_imported(read_hash(salted("SSHA", "sha1", kept)), "Mật-khẩu.2026") or kept == decomposed
        assert verify_imported(read_hash(salted("SSHA", "sha1", kept)), kept)


@pytest.mark.unit
@pytest.mark.parametrize(
    "line",
    [
        "",
        PASSWORD,
        "{PLAIN}" + PASSWORD,
        "{SHA}" + b64encode(b"\x07" * 20).decode(),  # no salt
        "{SSHA}" + b64encode(b"\x07" * 20).decode(),
        "{SSHA}not base64!",
        "{MD5}" + b64encode(b"\x07" * 16).decode(),
        "{CRYPT}ab01FAX.bQRSU",  # DES
        "{CRYPT}$6$rounds=999999999$saltstring$" + "x" * 86,  # would keep the checker busy for minutes
        "{CRYPT}$6$saltstring$",
        "{CRYPT}*0",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "{SSHA512}" + "A" * 400,
    ],
)
def test_what_is_weak_or_no_hash_is_refused(line: str) -> None:
    with pytest.raises(InvalidValue, match="SSHA"):
        read_hash(line)


@pytest.mark.parametrize("line", [HASHES["ssha"], HASHES["sha512"]], ids=["ssha", "crypt"])
def test_the_first_login_makes_it_argon2(province: Database, line: str) -> None:
    make_account(province, ADDRESS, password=None)
    with province.write() as c:
        import_hash(c, ROOT, ADDRESS, line, reason="chuyển hệ thống", at=START)

    def stored() -> str:
        with province.read() as c:
            return c.execute(select(Credential.hash)).scalar_one()

    assert not Client(province).gets_in("Sai-1")
    assert stored().startswith("{")
    assert told(province)[0] == "sai mật khẩu"
    assert Client(province).gets_in(PASSWORD)
    assert stored().startswith("$argon2id$")
    assert Client(province).gets_in(PASSWORD)


def test_it_is_told_without_the_hash_and_done_by_few(province: Database) -> None:
    make_account(province, ADDRESS, password=None)
    with province.read() as c:
        owner = actor_of(c, find_mailbox(c, ADDRESS), at=START)
    with pytest.raises(NotAllowed), province.write() as c:
        import_hash(c, owner, ADDRESS, HASHES["ssha"], reason="x")
    with province.write() as c:
        with pytest.raises(ReasonMissing):
            import_hash(c, ROOT, ADDRESS, HASHES["ssha"], reason=" ")
        import_hash(c, ROOT, ADDRESS, HASHES["ssha"], reason="chuyển hệ thống")
    with pytest.raises(WrongState), province.write() as c:
        import_hash(c, ROOT, ADDRESS, HASHES["ssha512"], reason="nữa")
    with province.read() as c:
        row = c.execute(select(AuditRow.after).where(AuditRow.action == "account.password")).scalar_one()
    assert '"{SSHA}"' in row
    assert HASHES["ssha"] not in row
