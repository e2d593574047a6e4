"""The record of judged messages: one row each, private mail counted once, whatever happens twice or at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY as DAY_MS
from mailhub.ids import new_id
from mailhub.policy.decision import Decision
from mailhub.policy.facts import DocumentFacts, DocumentIssuer, Facts, MailClass, Origin, Proof, RecipientFacts
from mailhub.policy.rules.rule import Action, Stage
from mailhub.screening.models import KnownNetwork, PolicyDecision, PrivateMailUse
from mailhub.screening.records import codec, record
from mailhub.screening.records.private_use import COUNTS
from mailhub.store.database import Database, open_database
from tests.screening.judged_mail import AT, DAY, arrived, enter, judged, on, own, private, rule, written
from tests.support.accounts import make_account

AN = "nva@tinh.gov.vn"


@pytest.fixture
def an(province: Database) -> int:
    return make_account(province, AN, agency="snv-vp", password=None)


def use_of(database: Database) -> dict[tuple[int, str], dict[str, int]]:
    """What is there, by account and provider; counts that are nothing left out."""
    with database.read() as connection:
        rows = connection.execute(select(PrivateMailUse.__table__)).mappings().all()
    return {(row["account_id"], row["provider"]): {n: row[n] for n in COUNTS if row[n]} for row in rows}


def put(database: Database, facts: Facts, **more: Any) -> int:
    with database.write() as connection:
        return enter(connection, facts, **more)


def decisions(database: Database) -> list[Mapping[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(select(PolicyDecision.__table__)).mappings()]


# ---------------------------------------------------------------------- the decision


def test_a_decision_keeps_facts_and_what_each_rule_did(province: Database, an: int) -> None:
    facts = written({"a@gmail.com": private(), "b@gmail.com": private(), "ttb@tinh.gov.vn": own("snv")})
    fits = judged(facts, rule("giu"), rule("dem", Stage.SHADOW), version=7)
    number = put(province, facts, by=an, decision=fits, missing=frozenset({"relation"}))
    [row] = decisions(province)
    with province.read() as connection:
        agency = find_agency(connection, "snv")
    assert (row["message_id"], row["version"], row["account_id"], row["agency_id"]) == (number, 7, an, agency)
    assert codec.load_with_missing(row["facts"]) == (facts, frozenset({"relation"}))
    assert json.loads(row["outcome"]) == {
        "effect": "hold",
        "rules": [
            {"rule": "giu", "stage": "hold", "effect": "hold", "recipients": 2},
            {"rule": "dem", "stage": "shadow", "effect": "none", "recipients": 2},
        ],
    }


def test_mail_from_outside_belongs_to_the_agency_of_the_first_recipient_of_ours(province: Database, an: int) -> None:
    put(province, arrived({"x@so.vn": RecipientFacts(mail_class=MailClass.ORGANISATION), AN: own()}))
    [row] = decisions(province)
    with province.read() as connection:
        assert row["agency_id"] == find_agency(connection, "snv-vp")
    assert (row["account_id"], an) == (None, an)


def test_a_rule_that_failed_is_named(province: Database) -> None:
    facts = written({"a@gmail.com": private()})
    put(province, facts, decision=Decision(3, (), failed="hong"))
    assert json.loads(decisions(province)[0]["outcome"]) == {"effect": "none", "failed": "hong"}


def test_a_message_that_is_undone_leaves_nothing(province: Database, an: int) -> None:
    with pytest.raises(ZeroDivisionError):
        undone(province, an)
    assert (decisions(province), use_of(province)) == ([], {})


def undone(database: Database, account_id: int) -> None:
    with database.write() as connection:
        enter(connection, written({"a@gmail.com": private()}), by=account_id)
        raise ZeroDivisionError


# ---------------------------------------------------------------------- private mail


def test_a_message_counts_once_for_each_provider(province: Database, an: int) -> None:
    recipients = {f"a{number}@gmail.com": private() for number in range(9)}
    recipients |= {"b@yahoo.com": private("yahoo.com"), "ttb@tinh.gov.vn": own("snv")}
    put(province, written(recipients), by=an)
    assert use_of(province) == {(an, "gmail.com"): {"sent": 1}, (an, "yahoo.com"): {"sent": 1}}


def test_relations_documents_forwards_and_links_are_told_apart(province: Database, an: int) -> None:
    papers = tuple(DocumentFacts(type="cong-van", state="draft") for _ in range(2))
    mine = written({"an.rieng@gmail.com": private("gmail.com", "own-private")}, forward=True)
    put(province, replace(mine, documents=papers), by=an)
    other = written({"b@yahoo.com": private("yahoo.com", "official-private")}, links=frozenset({"drive.example"}))
    put(province, other, by=an)
    assert use_of(province) == {
        (an, "gmail.com"): {"sent": 1, "forwarded": 1, "own_private": 1, "documents": 2},
        (an, "yahoo.com"): {"sent": 1, "official_private": 1},
        (an, "drive.example"): {"links": 1},
    }


def test_redirects_count_as_forwarded_also_those_that_were_refused(province: Database, an: int) -> None:
    put(province, written({"a@gmail.com": private()}, origin=Origin.REDIRECT), by=an)
    with province.write() as connection:
        record.redirect_refused(an, ["gmail.com", "gmail.com"], at=AT)(connection)
    assert use_of(province) == {(an, "gmail.com"): {"forwarded": 2}}


def test_what_nobody_did_is_not_counted(province: Database, an: int) -> None:
    put(province, written({"a@gmail.com": private()}, origin=Origin.AUTOMATIC), by=an)
    put(province, written({"ttb@tinh.gov.vn": own("snv")}), by=an)
    put(province, arrived({AN: own()}, proof=Proof.NONE))
    put(province, arrived({AN: own()}, mail_class=MailClass.ORGANISATION))
    assert use_of(province) == {}
    assert len(decisions(province)) == 4


def test_mail_from_a_provider_counts_for_each_mailbox_that_gets_it(province: Database, an: int) -> None:
    binh = make_account(province, "ttb@tinh.gov.vn", agency="syt", password=None, name="Trần Thị Bình")
    put(province, arrived({AN: own(), "TTB@tinh.gov.vn": own(), "ai-do@tinh.gov.vn": own()}, "SỞ Y TẾ"))
    found = use_of(province)
    assert found[an, "gmail.com"] == found[binh, "gmail.com"] == {"received": 1, "documents": 1}


def test_a_document_that_comes_from_private_mail_is_held_against_its_issuer(province: Database, an: int) -> None:
    put(province, arrived({AN: own()}, "SỞ Y TẾ", "Sở Y tế", "SỞ KHÔNG CÓ"))
    put(province, arrived({AN: own()}, "SỞ Y TẾ", domain="so.vn", mail_class=MailClass.ORGANISATION))
    drafts = arrived({AN: own()}, "SỞ Y TẾ")
    put(province, replace(drafts, documents=(replace(drafts.documents[0], state="draft"),)))
    others = replace(drafts.documents[0], issuer_is=DocumentIssuer.OTHER)
    put(province, replace(drafts, documents=(others,)))
    with province.read() as connection:
        syt = find_agency(connection, "syt")
        query = select(PrivateMailUse.__table__).where(PrivateMailUse.issued > 0)
        [row] = connection.execute(query).mappings()
    assert (row["agency_id"], row["account_id"], row["issued"], row["received"]) == (syt, 0, 2, 0)


# ---------------------------------------------------------------------- twice, and at once


def test_judged_again_it_counts_once_and_keeps_the_later_answer(province: Database, an: int) -> None:
    first = written({"a@gmail.com": private()})
    number = put(province, first, by=an, decision=judged(first, rule("giu"), version=1))
    paper = DocumentFacts(type="cong-van", state="draft")
    later = replace(first, documents=(paper,), at=AT + DAY_MS)
    put(province, later, by=an, decision=judged(later, version=2), message_id=number)
    put(province, later, by=an, decision=judged(later, version=2), message_id=number)
    assert use_of(province) == {(an, "gmail.com"): {"sent": 1, "documents": 1}}
    [row] = decisions(province)
    assert (row["version"], codec.load(row["facts"])) == (2, later)
    with province.read() as connection:
        assert connection.execute(select(PrivateMailUse.day)).scalars().all() == [DAY]


def test_days_are_vietnams(province: Database, an: int) -> None:
    late = replace(written({"a@gmail.com": private()}), at=AT - 9 * 3_600_000 - 1)
    put(province, late, by=an)
    with province.read() as connection:
        assert connection.execute(select(PrivateMailUse.day)).scalars().all() == [DAY - timedelta(days=1)]


def another_process(database: Database) -> Database:
    """The same tables, opened as another process would: writers within one take turns anyway."""
    return open_database(database._writer.url.render_as_string(hide_password=False))


def test_processes_that_write_at_the_same_time_lose_nothing_and_do_not_lock_each_other_out(
    province: Database, an: int
) -> None:
    binh = make_account(province, "ttb@tinh.gov.vn", agency="syt", password=None, name="Trần Thị Bình")
    to_both = written({"a@gmail.com": private(), "b@yahoo.com": private("yahoo.com")})
    faults: list[BaseException] = []

    def write(order: tuple[int, int]) -> None:
        mine = another_process(province)
        try:
            for _ in range(25):
                with mine.write() as connection:  # a batch of the committer's
                    for number in order:
                        enter(connection, to_both, by=number)
        except BaseException as error:
            faults.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=write, args=(order,)) for order in ((an, binh), (binh, an)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    sent = {"sent": 100}
    assert use_of(province) == {(who, where): sent for who in (an, binh) for where in ("gmail.com", "yahoo.com")}


# ---------------------------------------------------------------------- networks


def networks(database: Database) -> list[tuple[int, str, int, int]]:
    with database.read() as connection:
        rows = connection.execute(select(KnownNetwork.__table__).order_by(KnownNetwork.network))
        return [(row.account_id, row.network, row.first_at, row.last_at) for row in rows]


def test_the_networks_that_somebody_sends_from_are_known_by_day(province: Database, an: int) -> None:
    facts = written({"ttb@tinh.gov.vn": own("snv")})
    for client in ("192.0.2.7", "192.0.2.99", "::ffff:192.0.2.8", "2001:db8:1:2::3", "unix", ""):
        put(province, facts, by=an, client=client)
    assert networks(province) == [(an, "192.0.2.0/24", AT, AT), (an, "2001:db8:1::/48", AT, AT)]
    tomorrow = on(facts, DAY + timedelta(days=1))
    for _ in range(3):
        put(province, tomorrow, by=an, client="192.0.2.7")
    put(province, replace(tomorrow, at=tomorrow.at + 1), by=an, client="192.0.2.7")
    assert networks(province)[0] == (an, "192.0.2.0/24", AT, tomorrow.at)


def test_where_others_mail_comes_from_is_nobodys_network(province: Database, an: int) -> None:
    put(province, arrived({AN: own()}), client="203.0.113.9")
    put(province, written({"a@gmail.com": private()}, origin=Origin.REDIRECT), by=an, client="203.0.113.9")
    assert networks(province) == []


def test_a_rule_that_is_exempted_says_why(province: Database, an: int) -> None:
    facts = written({"a@gmail.com": private()})
    allowing = rule("cho-phep", Stage.WARN, action=Action.ALLOW, over=("giu",))
    put(province, facts, by=an, decision=judged(facts, rule("giu"), allowing))
    told = json.loads(decisions(province)[0]["outcome"])
    assert told["effect"] == "none"
    exempted = {"rule": "giu", "stage": "hold", "effect": "hold", "exempted": "cho-phep", "recipients": 1}
    assert told["rules"][0] == exempted


def test_two_messages_with_one_number_are_one(province: Database, an: int) -> None:
    number = new_id()
    for _ in range(2):
        put(province, written({"a@gmail.com": private()}), by=an, message_id=number)
    assert len(decisions(province)) == 1
