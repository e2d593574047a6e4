"""What the doctor says of pinned certificates and of what we hear of revoked ones."""

from __future__ import annotations

from sqlalchemy import insert, update

from mailhub.clock import DAY, HOUR, now_ms
from mailhub.ops.checks import trust
from mailhub.ops.findings import Ground, Status
from mailhub.settings import Settings
from mailhub.signatures.models import RevocationList
from mailhub.signatures.revocation import sources
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.catalogue import shipped

G2 = "f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8"


def listed(ground: Ground, *, this_update: int, next_update: int) -> None:
    """The issuer's list, which is all that there is."""
    with ground.database.write() as connection:
        for one in shipped():
            if one.sha256 != G2:
                rows.change(connection, one.sha256, crl="")
        connection.execute(
            insert(RevocationList).values(
                issuer=G2, number="1", this_update=this_update, next_update=next_update, fetched_at=this_update,
                source="x", sha256="x", der=b"x",
            )
        )  # fmt: skip


def test_a_new_hub_believes_what_ships_and_says_that_nobody_confirmed_it(ground: Ground) -> None:
    seen = trust.check_confirmed(ground)
    assert seen.status is Status.LOOK
    assert "RootCA chuyên dùng Chính phủ G2" in seen.seen
    assert "Co quan chung thuc so Chinh phu (75e969c07ba35c29)" in seen.seen
    assert trust.check_ends(ground).status is Status.OK


def test_confirmed_and_whole_trust_data_are_fine(ground: Ground) -> None:
    with ground.database.write() as connection:
        for one in shipped():
            if one.der:
                rows.change(connection, one.sha256, confirmed_at=1, confirmed_by="a, b")
            else:
                rows.change(connection, one.sha256, ended_at=1)
    assert trust.check_confirmed(ground).status is Status.OK


def test_no_root_at_all_is_said_in_so_many_words(ground: Ground) -> None:
    with ground.database.write() as connection:
        for one in shipped():
            rows.change(connection, one.sha256, ended_at=1)
    seen = trust.check_confirmed(ground)
    assert seen.status is Status.LOOK
    assert "chưa có chứng thư gốc nào" in seen.seen


def test_a_list_that_is_missing_or_has_ended_is_named(ground: Ground) -> None:
    missing = trust.check_lists(ground)
    assert missing.status is Status.LOOK
    assert "RootCA chuyên dùng Chính phủ G2: chưa có" in missing.seen
    at = now_ms()
    listed(ground, this_update=at - 3 * DAY, next_update=at - 2 * HOUR)
    assert "đã hết hiệu lực" in trust.check_lists(ground).seen
    assert "import" in trust.check_lists(ground).advice  # a closed network: the tests' hubs are
    with ground.database.write() as connection:
        connection.execute(update(RevocationList).values(next_update=at + HOUR))
    assert trust.check_lists(ground).status is Status.OK


def test_an_address_that_is_silent_again_and_again_is_named(ground: Ground) -> None:
    online = Ground(_online(ground.settings), ground.database, ground.actor)
    with ground.database.write() as connection:
        sources.note(connection, "http://ocsp.ca.gov.vn/", 1, "HTTP 503")
    assert trust.check_sources(online).status is Status.OK
    with ground.database.write() as connection:
        for at in (2, 3):
            sources.note(connection, "http://ocsp.ca.gov.vn/", at, "HTTP 503")
    seen = trust.check_sources(online)
    assert seen.status is Status.LOOK
    assert "http://ocsp.ca.gov.vn/ (HTTP 503, 3 lần)" in seen.seen
    assert trust.check_sources(ground).status is Status.OK


def _online(settings: Settings) -> Settings:
    section = settings.signatures.model_copy(update={"online": True})
    return settings.model_copy(update={"signatures": section})
