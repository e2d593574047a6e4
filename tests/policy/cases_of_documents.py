"""Cases of the rules about documents, private mailboxes and the ways that documents go."""

from __future__ import annotations

from mailhub.policy.facts import DocumentFacts, DocumentIssuer, MailClass, Origin
from tests.policy.mails_made import (
    DRAFT,
    REDIRECT,
    SERVICE,
    Cases,
    doc,
    file,
    firm,
    friend,
    ministry,
    outside,
    own,
    private,
)


def _own_boxes() -> dict[str, Cases]:
    """Officials' private mailboxes."""
    mine, another = private("own-private", "wrote-first"), private("official-private", "wrote-first")
    return {
        "chuyen-tiep-tu-dong-ra-ngoai": Cases(
            {"to gmail": own(private(), **REDIRECT), "to a ministry": own(ministry(), **REDIRECT)},
            {"within": own(**REDIRECT), "by hand": own(private("wrote-first"))},
        ),
        "gui-den-hop-thu-ca-nhan-cua-minh": Cases(
            {
                "a document": own(mine, docs=[doc()]),
                "an empty letter": own(mine),
                "at a domain of one's own": own(firm("own-private")),
            },
            {"another official's": own(another), "a citizen's": own(private("wrote-first"))},
        ),
        "van-ban-den-hop-thu-ca-nhan-cua-can-bo": Cases(
            {
                "issued": own(another, docs=[doc()]),
                "a draft": own(another, docs=[DRAFT]),
                "named in it, too": own(private("official-private", "named"), docs=[doc()]),
            },
            {
                "no document": own(another, files=[file("jpeg")]),
                "a photo of a lunch": own(another, docs=[DocumentFacts(type="NONE")]),
                "a citizen": own(private("wrote-first"), docs=[doc()]),
                "a machine": own(another, docs=[doc()], sender=SERVICE),
            },
        ),
        "chuyen-tiep-den-hop-thu-ca-nhan-cua-can-bo": Cases(
            {"forwarded": own(another, forward=True)},
            {"not forwarded": own(another), "to a citizen": own(private("wrote-first"), forward=True)},
        ),
        "chuyen-tiep-den-nguoi-la": Cases(
            {"a stranger": own(private(), forward=True)},
            {
                "who wrote first": own(private("wrote-first"), forward=True),
                "known": own(private("known"), forward=True),
                "by a one-stop office": own(private(), forward=True, sender={"desk": True}),
                "a firm": own(firm(), forward=True),
            },
        ),
        "lien-he-hop-thu-ca-nhan-cua-can-bo": Cases({"a letter": own(another)}, {"a citizen": own(private())}),
    }


def _citizens() -> dict[str, Cases]:
    """Documents to private mailboxes of people who are no officials."""
    restricted, internal = doc(circulation="LƯU HÀNH NỘI BỘ"), doc(internal=True)
    wrote, named, stranger = private("wrote-first"), private("named"), private()
    unknown = doc(state="unknown", number="")
    return {
        "luu-hanh-noi-bo-den-hop-thu-ca-nhan": Cases(
            {
                "a stranger": own(stranger, docs=[restricted]),
                "who wrote first, too": own(wrote, docs=[doc(), restricted]),
            },
            {"a colleague elsewhere": own(docs=[restricted]), "not restricted": own(stranger, docs=[doc()])},
        ),
        "van-ban-noi-bo-den-hop-thu-ca-nhan": Cases(
            {"a stranger": own(stranger, docs=[internal]), "known": own(private("known"), docs=[internal])},
            {
                "who wrote first": own(wrote, docs=[internal]),
                "named": own(named, docs=[internal]),
                "not internal": own(stranger, docs=[doc()]),
                "a machine": own(stranger, docs=[internal], sender=SERVICE),
            },
        ),
        "du-thao-den-hop-thu-ca-nhan": Cases(
            {
                "a stranger": own(stranger, docs=[DRAFT]),
                "known": own(private("known"), docs=[DRAFT]),
                "beside an issued one": own(stranger, docs=[doc(), DRAFT]),
                "from a desk": own(stranger, docs=[DRAFT], sender={"desk": True}),
            },
            {
                "who wrote first": own(wrote, docs=[DRAFT]),
                "a contract": own(stranger, docs=[doc(type="HĐ", state="draft")]),
                "a form to be filled in": own(stranger, docs=[doc(type="BC", state="draft", form=True)]),
                "the editable one beside the issued, from a desk": own(
                    stranger, docs=[doc(), DRAFT], sender={"desk": True}
                ),
                "issued beside a draft contract": own(stranger, docs=[doc(), doc(type="HĐ", state="draft")]),
                "no document": own(stranger, docs=[DocumentFacts(type="NONE", state="draft")]),
                "a firm": own(firm(), docs=[DRAFT]),
                "a colleague elsewhere": own(docs=[DRAFT]),
            },
        ),
        "van-ban-chua-ro-den-nguoi-la": Cases(
            {"a stranger": own(stranger, docs=[unknown])},
            {
                "known": own(private("known"), docs=[unknown]),
                "from a desk": own(stranger, docs=[unknown], sender={"desk": True}),
                "an invitation": own(stranger, docs=[doc(type="GM", state="unknown")]),
                "issued": own(stranger, docs=[doc()]),
            },
        ),
        "van-ban-da-phat-hanh-den-nguoi-la": Cases(
            {"a stranger": own(stranger, docs=[doc()]), "known": own(private("known"), docs=[doc()])},
            {
                "who wrote first": own(wrote, docs=[doc()]),
                "named": own(named, docs=[doc()]),
                "from a desk": own(stranger, docs=[doc()], sender={"desk": True}),
                "a draft": own(stranger, docs=[DRAFT]),
            },
        ),
        "tra-loi-nguoi-dan-doanh-nghiep": Cases(
            {
                "who wrote first": own(wrote, docs=[doc()]),
                "named, from a desk": own(named, docs=[doc()], sender={"desk": True}),
            },
            {
                "a stranger": own(stranger, docs=[doc()]),
                "an official": own(private("official-private", "wrote-first"), docs=[doc()]),
                "a draft beside it": own(wrote, docs=[doc(), DRAFT]),
                "an internal one beside it": own(wrote, docs=[doc(), internal]),
            },
        ),
        "may-gui-van-ban-den-hop-thu-ca-nhan": Cases(
            {"the portal": own(stranger, origin=Origin.TRUSTED, docs=[doc()])},
            {"a person": own(stranger, docs=[doc()]), "no document": own(stranger, origin=Origin.TRUSTED)},
        ),
        "luu-hanh-noi-bo-ra-ngoai": Cases(
            {"a firm": own(firm(), docs=[restricted])},
            {"a ministry": own(ministry(), docs=[restricted]), "not restricted": own(firm(), docs=[doc()])},
        ),
    }


def _incoming() -> dict[str, Cases]:
    ours = doc(issuer_is=DocumentIssuer.OWN)
    other = doc(issuer_is=DocumentIssuer.OTHER)
    company = {"mail_class": MailClass.ORGANISATION, "domain": "congty.vn"}
    return {
        "van-ban-cua-tinh-den-tu-hop-thu-ca-nhan": Cases(
            {"ours": outside(docs=[ours])},
            {
                "who is named in it": outside(docs=[ours], sender={"relation": frozenset({"named"})}),
                "from a firm": outside(docs=[ours], sender=company),
                "a ministry's": outside(docs=[other]),
                "a citizen's petition": outside(docs=[doc(issuer_is=DocumentIssuer.UNKNOWN)]),
            },
        ),
        "can-bo-gui-tu-hop-thu-ca-nhan": Cases(
            {"an official": outside(sender={"relation": frozenset({"official-private", "known"})})},
            {"a citizen": outside(sender={"relation": frozenset({"known"})})},
        ),
    }


def _ways() -> dict[str, Cases]:
    """Documents that go by other ways."""
    calendar = doc(type="KHAC", labels=frozenset({"lich_cong_tac"}))
    unsigned, signed = doc(signature="none"), doc(signature="valid")
    to_province = friend(level="tinh", agencies=("VP", "TINH"))
    link = frozenset({"drive.google.com"})
    meeting = doc(type="KHAC", labels=frozenset({"tai_lieu_hop"}))
    quarterly = doc(type="BC", labels=frozenset({"bao_cao_quy"}))
    return {
        "giay-moi-qua-thu-cong-vu": Cases(
            {"an invitation": own(docs=[doc(type="GM")])},
            {"a letter": own(docs=[doc()]), "to a firm": own(firm(), docs=[doc(type="GM")])},
        ),
        "tai-lieu-noi-bo-qua-thu-cong-vu": Cases(
            {"papers of a meeting": own(docs=[doc(), meeting])},
            {"a letter": own(docs=[doc()]), "to a citizen": own(private("wrote-first"), docs=[meeting])},
        ),
        "bao-cao-dinh-ky-qua-thu-cong-vu": Cases(
            {"a quarterly report": own(docs=[quarterly])},
            {"another report": own(docs=[doc(type="BC")]), "from outside": outside(docs=[quarterly])},
        ),
        "chi-dao-dieu-hanh-giua-cac-co-quan": Cases(
            {"another agency": own(docs=[doc(type="CT")]), "a ministry": own(ministry(), docs=[doc(type="CV")])},
            {
                "within the agency": own(friend(same_agency=True), docs=[doc(type="CT")]),
                "a report": own(docs=[doc(type="BC")]),
                "passed on": own(docs=[doc(type="CT")], forward=True),
                "a draft": own(docs=[DRAFT]),
            },
        ),
        "lich-cong-tac-giua-cac-co-quan": Cases(
            {"another agency": own(docs=[calendar])}, {"within": own(friend(same_agency=True), docs=[calendar])}
        ),
        "van-ban-di-phai-qua-van-thu": Cases(
            {"a ministry": own(ministry(), docs=[doc()]), "a firm": own(firm(), docs=[doc(type="QĐ")])},
            {
                "from the desk": own(ministry(), docs=[doc()], sender={"kind": "role", "desk": True}),
                "an answer": own(firm(), docs=[doc()], reply=True),
                "another's document": own(firm(), docs=[doc(issuer_is=DocumentIssuer.OTHER)]),
                "an invitation": own(firm(), docs=[doc(type="GM")]),
                "another agency of ours": own(docs=[doc()]),
            },
        ),
        "van-ban-phai-ky-so": Cases(
            {"no signature": own(docs=[unsigned]), "a bad one": own(ministry(), docs=[doc(signature="invalid")])},
            {
                "signed": own(docs=[signed]),
                "not verified yet": own(docs=[doc()]),
                "within the agency": own(friend(same_agency=True), docs=[unsigned]),
                "a type that needs none": own(docs=[doc(type="THƯ", signature="none")]),
            },
        ),
        "pdf-khong-kem-ban-word": Cases(
            {"alone": own(docs=[doc()], pdf_alone=True)},
            {"the pair": own(docs=[doc()]), "to a citizen": own(private("wrote-first"), docs=[doc()], pdf_alone=True)},
        ),
        "to-trinh-thieu-du-thao": Cases(
            {"alone": own(to_province, docs=[doc(type="TTr")])},
            {
                "with its draft": own(to_province, docs=[doc(type="TTr"), doc(type="QĐ", state="draft")]),
                "within": own(friend(same_agency=True), docs=[doc(type="TTr")]),
                "to a commune": own(friend(level="xa"), docs=[doc(type="TTr")]),
            },
        ),
        "duong-dan-chia-se-tep": Cases({"a link": own(links=link)}, {"none": own(), "incoming": outside(links=link)}),
        "duong-dan-chia-se-tep-den": Cases(
            {"a stranger's": outside(links=link)},
            {"somebody known": outside(links=link, sender={"relation": frozenset({"known"})}), "none": outside()},
        ),
    }


DOCUMENTS = {**_own_boxes(), **_citizens(), **_incoming(), **_ways()}
