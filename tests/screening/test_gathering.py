"""The facts of a message: the whole of it, who writes, who is written to; and what gathering costs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from mailhub.accounts import service
from mailhub.accounts.people.person import NewPerson
from mailhub.clock import DAY, VIETNAM
from mailhub.mail.body_text import BodyText, read_body
from mailhub.mail.parts import Part, Role
from mailhub.policy.facts import Listing, MailClass, Origin, Proof, Relation
from mailhub.queue.records import NewRecipient
from mailhub.screening.facts.messages import is_night
from mailhub.screening.models import KnownNetwork
from tests.screening.gathered import AN, AT, BINH, CUONG, DESK, Office, file, inspection
from tests.support.accounts import ROOT

# ------------------------------------------------------------ who writes


def test_an_official_writes(office: Office) -> None:
    found = office.facts(office.case(BINH)).sender
    assert (found.address, found.domain, found.kind, found.office, found.desk) == (
        AN,
        "tinh.gov.vn",
        "personal",
        "",
        False,
    )
    assert (found.mail_class, found.proof, found.rank) == (MailClass.OWN, Proof.LOGIN, "staff")
    assert found.agencies == ("snv", "tinh")


def test_what_is_written_as_a_desk_is_the_desks(office: Office) -> None:
    an = office.directory.account_named(AN)
    by_envelope = office.facts(office.case(BINH, sender=DESK, account=an)).sender
    by_author = office.facts(office.case(BINH, header=[f"From: Văn thư <{DESK}>"], account=an)).sender
    for found in (by_envelope, by_author):
        assert (found.kind, found.office, found.desk) == ("role", "van-thu", True)
        assert found.address == DESK


def test_the_directors_rank_and_the_agencies_above(office: Office) -> None:
    found = office.facts(office.case(AN, sender=BINH)).sender
    assert found.rank == "leader"
    assert found.agencies == ("snv-vp", "snv", "tinh")


def test_a_change_of_rank_is_seen_by_the_next_message(office: Office) -> None:
    assert office.facts(office.case(BINH)).sender.agencies == ("snv", "tinh")
    with office.database.write() as c:
        service.create_account(c, ROOT, "moi@tinh.gov.vn", "Phạm Mới", agency="syt", person=NewPerson(title="Giám đốc"))
    assert office.facts(office.case(AN, sender="moi@tinh.gov.vn")).sender.rank == "leader"


def test_a_stranger_is_who_is_shown_not_the_envelope(office: Office) -> None:
    case = office.from_outside("ai@gmail.com", AN)
    found = office.facts(replace(case, sender="bounce@bulk.example")).sender
    assert (found.address, found.mail_class, found.kind, found.agencies) == ("ai@gmail.com", MailClass.PRIVATE, "", ())


def test_a_stranger_without_a_clear_author_is_the_envelope(office: Office) -> None:
    case = office.case(AN, sender="ai@x.vn", account=None, origin=Origin.OUTSIDE, header=["From: a@b.vn, c@d.vn"])
    assert office.facts(case).sender.address == "ai@x.vn"
    nobody = office.case(AN, sender="", account=None, origin=Origin.OUTSIDE, proof=Proof.NONE)
    assert office.facts(nobody).sender.address == ""


def test_imitation_and_look_alike(office: Office) -> None:
    found = office.facts(office.from_outside("giamdoc@gmail.com", AN, shown="Trần Thị Bình")).sender
    assert "leader" in found.imitates
    assert office.facts(office.from_outside("x@t1nh.gov.vn", AN)).sender.lookalike == "tinh.gov.vn"
    assert office.facts(office.from_outside("a@b.vn", AN, shown="Nguyễn Văn An")).sender.imitates == frozenset()


def test_what_a_script_sends_is_its_mailboxs_whoever_wrote_it(office: Office) -> None:
    an = office.directory.account_named(AN)
    for writer in ("ai@gmail.com", CUONG, ""):
        case = office.case("a@gmail.com", sender=writer, account=an, origin=Origin.REDIRECT)
        found = office.facts(case).sender
        assert (found.address, found.agencies, found.mail_class) == (AN, ("snv", "tinh"), MailClass.OWN)


def test_ones_own_private_address_in_a_redirect(office: Office) -> None:
    an = office.directory.account_named(AN)
    case = office.case("hoahuongduong@gmail.com", sender="ai@x.vn", account=an, origin=Origin.REDIRECT)
    assert Relation.OWN_PRIVATE in office.facts(case).recipients["hoahuongduong@gmail.com"].relation


def test_a_printer_writes_as_one_of_ours(office: Office) -> None:
    case = office.case(BINH, sender=DESK, account=None, origin=Origin.TRUSTED, proof=Proof.NETWORK)
    found = office.facts(case).sender
    assert (found.kind, found.agencies) == ("role", ("snv", "tinh"))


def test_a_burst_counts_a_message_once(office: Office) -> None:
    case = office.case(BINH, CUONG)
    assert office.gatherer.message_facts(case)[1].burst == 2
    assert office.gatherer.message_facts(case)[1].burst == 4
    assert office.gatherer.message_facts(case, again=True)[1].burst == 4


def test_a_network_is_new_for_a_day_to_an_account_with_others(office: Office) -> None:
    an = office.directory.account_named(AN)
    assert an is not None

    def enters(network: str, first_at: int) -> None:
        with office.database.write() as c:
            row = {"account_id": an.id, "network": network, "first_at": first_at, "last_at": first_at}
            c.execute(insert(KnownNetwork).values(row))

    def is_new(client: str, at: int = AT) -> bool:
        return office.facts(office.case(BINH, client=client, at=at)).sender.new_network

    assert not is_new("192.0.2.1")  # of a newcomer nothing is new
    enters("198.51.100.0/24", AT - 30 * DAY)
    assert is_new("203.0.113.9")
    assert not is_new("198.51.100.77")
    enters("203.0.113.0/24", AT)  # its first message was taken
    assert is_new("203.0.113.10", AT + DAY // 2)
    assert not is_new("203.0.113.10", AT + DAY)
    assert not is_new("no address")


# ------------------------------------------------------------ who is written to


def test_recipients_of_every_class(office: Office) -> None:
    found = office.facts(office.case(BINH, "a@gmail.com", "b@chinhphu.vn", "c@congty.vn", "d@xyz.gov.vn")).recipients
    classes = {address: one.mail_class.value for address, one in found.items()}
    assert classes == {
        BINH: "own", "a@gmail.com": "private-mail", "b@chinhphu.vn": "government", "c@congty.vn": "organisation",
        "d@xyz.gov.vn": "government",
    }  # fmt: skip
    message = office.facts(office.case(BINH, "a@gmail.com", "c@congty.vn")).message
    assert (message.recipients, message.outside, message.private) == (3, 2, 1)


def test_a_colleague_is_of_the_same_agency_and_others_are_not(office: Office) -> None:
    found = office.facts(office.case(BINH, CUONG, DESK)).recipients
    assert [found[one].same_agency for one in (BINH, DESK, CUONG)] == [True, True, False]
    assert (found[DESK].kind, found[DESK].office) == ("role", "van-thu")
    assert found[CUONG].agencies == ("syt", "tinh")


def test_details_and_unknown_names_of_ours(office: Office) -> None:
    found = office.facts(office.case("binhtt+viec@tinh.gov.vn", "khong@tinh.gov.vn")).recipients
    assert found["binhtt+viec@tinh.gov.vn"].kind == "personal"
    assert (found["khong@tinh.gov.vn"].kind, found["khong@tinh.gov.vn"].mail_class) == ("", MailClass.OWN)


def test_members_of_a_group_are_told_from_those_written_to(office: Office) -> None:
    group = "nhom@tinh.gov.vn"
    case = office.case(BINH, CUONG, groups={group: 2})
    listed = [
        NewRecipient(address=BINH, destination="x", original=f"rfc822;{group}"),
        NewRecipient(address=CUONG, destination="x"),
    ]
    facts = office.facts(replace(case, recipients=listed))
    assert [facts.recipients[one].by_group for one in (BINH, CUONG)] == [True, False]
    assert facts.message.groups == {group}
    assert facts.message.group_members == 2
    assert not facts.message.province_group


@pytest.mark.parametrize(
    ("rule", "whole"),
    [('{"unit": "tinh"}', True), ('{"unit": "tinh", "except": {"unit": "syt"}}', True), ('{"unit": "snv"}', False),
     ('{"unit": "tinh", "rank": "leader"}', False)],
)  # fmt: skip
def test_a_group_of_the_whole_province(office: Office, rule: str, *, whole: bool) -> None:
    from mailhub.accounts.sharing.groups import add_group

    with office.database.write() as c:
        add_group(c, ROOT, "toantinh@tinh.gov.vn", "Toàn tỉnh", rule=rule)
    case = office.case(BINH, groups={"toantinh@tinh.gov.vn": 3})
    assert office.facts(case).message.province_group is whole


def test_equal_recipients_are_one_object(office: Office) -> None:
    found = office.facts(office.case(*(f"a{n}@gmail.com" for n in range(50)))).recipients
    assert len({id(one) for one in found.values()}) == 1


def test_what_a_script_passes_on_is_told(office: Office) -> None:
    found = office.facts(office.case("a@gmail.com", origin=Origin.REDIRECT)).recipients
    assert found["a@gmail.com"].redirected
    assert found["a@gmail.com"].relation == {Relation.FIRST_CONTACT}


def test_a_recipient_at_a_look_alike_domain(office: Office) -> None:
    assert office.recipient("a@t1nh.gov.vn").lookalike == "tinh.gov.vn"
    assert office.recipient("a@gmail.com").lookalike == ""


# ------------------------------------------------------------ the message


def test_header_words(office: Office) -> None:
    def facts(*header: str, subject: str = "") -> object:
        return office.facts(office.case(BINH, header=header, subject=subject)).message

    assert facts("In-Reply-To: <a@b>").reply  # type: ignore[attr-defined]
    assert not facts("In-Reply-To:").reply  # type: ignore[attr-defined]
    assert facts("Auto-Submitted: auto-replied").automatic  # type: ignore[attr-defined]
    assert not facts("Auto-Submitted: No").automatic  # type: ignore[attr-defined]
    for subject in ("Fwd: x", "FW: x", "Chuyển tiếp: x"):
        assert facts(subject=subject).forward  # type: ignore[attr-defined]
    assert not facts(subject="Re: Fwd").forward  # type: ignore[attr-defined]


def test_a_mail_within_is_a_forward(office: Office) -> None:
    inner = Part("2", Role.MESSAGE, 0, 0, 0, ("message/rfc822",), "7bit")
    assert office.facts(office.case(BINH, inspection=inspection(parts=[inner]))).message.forward


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (23, True), (0, True), (4, True), (5, False)])
def test_night_is_by_vietnams_clock(hour: int, *, night: bool) -> None:
    at = int(datetime(2026, 11, 23, hour, 30, tzinfo=VIETNAM).timestamp() * 1000)
    assert is_night(at, "22-05") is night
    assert is_night(at, "00-05") is (hour < 5)


def test_links_of_file_sharing_only(office: Office) -> None:
    body = BodyText(hosts=frozenset({"drive.google.com", "baochinhphu.vn"}))
    assert office.facts(office.case(BINH, body=body)).message.links == {"drive.google.com"}


def test_secrets_and_sealed_messages(office: Office) -> None:
    case = office.case(BINH, body=BodyText(lines=("Kính gửi", "TỐI MẬT"), encrypted=True))
    found = office.facts(case).message
    assert (found.secrecy, found.encrypted) == ("TỐI MẬT", True)
    assert found.secrecy_in == {"body"}


def test_words_for_people_leave_a_secret_out(office: Office) -> None:
    brought = inspection(file("bao-cao.pdf", "pdf"))
    assert office.gatherer.named(office.case(BINH, inspection=brought), secret=False) == {
        "agency": "Sở Nội vụ",
        "files": "bao-cao.pdf",
    }
    assert "files" not in office.gatherer.named(office.case(BINH, inspection=brought), secret=True)


# ------------------------------------------------------------ lists


def test_the_provinces_lists_count_and_a_broken_one_leaves_the_old(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    lists = office.folder / "lists"
    lists.mkdir()
    (lists / "rieng.toml").write_text(
        'kind = "private-mail"\ntitle = "x"\nsource = "x"\ndate = 2026-11-22\n[[entry]]\nname = "Riêng"\n'
        'domains = ["thurieng.vn"]\n'
    )
    from mailhub.screening.facts.lists_at_hand import LOOK_AFTER, ListsAtHand

    now = [0.0]
    at_hand = ListsAtHand(office.folder, tick=lambda: now[0])
    assert "thurieng.vn" in at_hand.current().private_mail
    (lists / "rieng.toml").write_text("kind = [")
    now[0] += LOOK_AFTER
    assert "thurieng.vn" in at_hand.current().private_mail
    assert "rieng.toml" in caplog.text
    (lists / "rieng.toml").unlink()
    now[0] += LOOK_AFTER
    assert "thurieng.vn" not in at_hand.current().private_mail


def test_a_list_that_is_broken_at_the_start_leaves_those_that_ship(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from mailhub.screening.facts.lists_at_hand import ListsAtHand

    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "x.toml").write_text("nonsense")
    at_hand = ListsAtHand(tmp_path)
    assert "gmail.com" in at_hand.current().private_mail
    assert "x.toml" in caplog.text


# ------------------------------------------------------------ what it costs


def test_plain_mail_between_our_own_asks_the_database_for_nothing_but_the_version(office: Office) -> None:
    def gather() -> None:
        case = office.case(BINH, client="192.0.2.1")
        office.gatherer.message_facts(case)
        office.gatherer.recipient_facts(case, frozenset())
        assert office.gatherer.pairs(case) == ()

    gather()
    asked: list[str] = []
    event.listen(office.database._reader, "before_cursor_execute", lambda *a: asked.append(a[2]))
    gather()
    assert asked == []  # the version is read on a cursor of the driver


def test_what_asks_the_database_is_told(office: Office) -> None:
    quick = office.gatherer.is_quick
    assert quick(office.case(BINH, "a@gmail.com"))
    assert not quick(office.case(BINH, inspection=inspection(file("a.pdf", "pdf"))))
    assert not quick(office.case(BINH, groups={"x@tinh.gov.vn": 2}))
    stranger = office.from_outside("a@gmail.com", AN, shown="Bà Lan")
    assert not quick(stranger)  # the names of leaders and the private addresses have not been read yet
    office.facts(stranger)
    assert quick(stranger)


def test_many_messages_at_once_do_not_mix(office: Office) -> None:
    cases = [office.case(f"a{n}@gmail.com") for n in range(40)]
    for case in cases:
        office.gatherer.message_facts(case)
    for n, case in enumerate(cases):
        assert list(office.gatherer.recipient_facts(case, frozenset())) == [f"a{n}@gmail.com"]


def test_gathering_for_fifty_recipients_takes_no_time(office: Office) -> None:
    people = [f"a{n}@gmail.com" for n in range(25)] + [f"b{n}@congty{n}.vn" for n in range(25)]
    case = office.case(*people)
    office.facts(case)
    begun = time.process_time()
    for _ in range(20):
        office.facts(case)
    assert (time.process_time() - begun) / 20 < 0.05


def test_a_whole_message_from_its_octets(office: Office) -> None:
    data = b"From: x\r\nContent-Type: text/html\r\n\r\n<p>T\xe1\xbb\x90I M\xe1\xba\xacT</p><a href='https://mega.nz/x'>x</a>"
    found = office.facts(office.case(BINH, body=read_body(data))).message
    assert found.secrecy == "TỐI MẬT"
    assert found.links == {"mega.nz"}


def test_a_case_without_anything_is_judged_all_the_same(office: Office) -> None:
    facts = office.facts(office.case(account=None, sender=""))
    assert (facts.message.recipients, dict(facts.recipients), facts.documents) == (0, {}, ())
    assert all(one.listed is Listing.ALLOWED for one in facts.attachments)


def test_every_subject_counts_of_the_mail_and_of_those_forwarded_in_it(office: Office) -> None:
    twice = office.case(BINH, subject="Thư", header=("Subject: Thư", "Subject: [MẬT] Báo cáo"))
    assert office.facts(twice).message.secrecy == "MẬT"
    within = office.case(BINH, body=BodyText(subjects=("[TỐI MẬT] Kế hoạch",)))
    assert office.facts(within).message.secrecy == "TỐI MẬT"


def test_a_long_text_is_not_looked_at_on_the_loop(office: Office) -> None:
    assert office.gatherer.is_quick(office.case(BINH, body=BodyText(lines=("MẬT x",) * 1_000)))
    assert not office.gatherer.is_quick(office.case(BINH, body=BodyText(lines=("MẬT x",) * 1_001)))
