"""Wrong PINs: counted on disk, never the same twice, never more than three."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mailhub.signer.errors import SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.keys import KeyRing
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from mailhub.signer.pins import TRIES, PinGuard
from tests.support.pki import PASSWORD
from tests.support.signing_desk import put

TABLE = KeyTable(pkcs12="keys/stttt.p12", pin="pins/stttt")
NAME = "file keys/stttt.p12"


def attempt(folder: Folder) -> str:
    """Open the key as a signer that was just started."""
    try:
        KeyRing(folder).certificate(TABLE)
    except SignerError as error:
        return error.detail if error.reason is Refusal.PIN else str(error)
    return "open"


def test_three_wrong_pins_and_then_none_not_even_the_right_one(folder: Folder) -> None:
    for number in (1, 2, 3):
        put(folder, "pins/stttt", f"wrong {number}".encode())
        assert "wrong PIN" in attempt(folder)
        assert PinGuard(folder.path).wrong(NAME) == number
    put(folder, "pins/stttt", PASSWORD.encode())
    assert "stopped before the token locks" in attempt(folder)
    PinGuard(folder.path).right(NAME)  # `mailhub signer unlock`
    assert attempt(folder) == "open"


def test_the_same_wrong_pin_is_not_tried_twice(folder: Folder) -> None:
    put(folder, "pins/stttt", b"wrong")
    attempt(folder)
    for _ in range(5):
        assert "change pins/stttt" in attempt(folder)
    assert PinGuard(folder.path).wrong(NAME) == 1


def test_the_right_one_forgets_the_wrong_ones(folder: Folder) -> None:
    put(folder, "pins/stttt", b"wrong")
    attempt(folder)
    put(folder, "pins/stttt", PASSWORD.encode() + b"\n")
    assert attempt(folder) == "open"
    assert PinGuard(folder.path).wrong(NAME) == 0


def test_a_try_during_which_the_process_dies_counts_and_the_right_pin_is_tried_again(folder: Folder) -> None:
    """Power goes while the token thinks: the PIN was never refused."""
    PinGuard(folder.path).begin(NAME, "pins/stttt")
    assert PinGuard(folder.path).wrong(NAME) == 1
    assert attempt(folder) == "open"
    for _ in range(3):
        PinGuard(folder.path).begin(NAME, "pins/stttt")
    assert "stopped before the token locks" in attempt(folder)


def test_two_processes_at_once_lose_no_count(folder: Folder) -> None:
    """The signer and `mailhub signer check`."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: PinGuard(folder.path).begin(f"token {name}", "pins/stttt"), range(8)))
    assert [PinGuard(folder.path).wrong(f"token {name}") for name in range(8)] == [1] * 8


def test_a_damaged_count_stops_everything(folder: Folder) -> None:
    put(folder, TRIES, b"{")
    assert "cannot be read" in attempt(folder)


def test_a_pin_never_appears_in_what_is_said(folder: Folder) -> None:
    put(folder, "pins/stttt", b"Bi-Mat-2026")
    assert "Bi-Mat-2026" not in attempt(folder)
    assert b"Bi-Mat-2026" not in (folder.path / TRIES).read_bytes()
