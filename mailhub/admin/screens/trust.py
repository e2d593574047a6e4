"""Danh sách tin cậy: whose signatures are believed, how fresh their issuers' lists are, and what two people change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from mailhub.accounts.control.errors import NeedsSecondPerson, NoSuchProposal
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.words import who
from mailhub.clock import HOUR, local_time
from mailhub.files.signed.trusted import Part
from mailhub.i18n import Texts
from mailhub.signatures.revocation import service as revocation
from mailhub.signatures.revocation.service import Freshness
from mailhub.signatures.trust import service
from mailhub.signatures.trust.catalogue import find_shipped
from mailhub.signatures.trust.certificate_files import CertificateFile, check_part, read_certificates
from mailhub.signatures.trust.changes import Add, Change, Confirm, End, Readdress
from mailhub.signatures.trust.errors import AlreadyTrusted, BadCertificate, NoSuchCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.trust.rows import TrustRow
from mailhub.signatures.verdict import Hierarchy
from mailhub.text.fingerprints import spaced

screens = Screens()
_LARGEST = 1024 * 1024
_MINE = (AlreadyTrusted, NoSuchCertificate, InvalidValue, BadCertificate, NeedsSecondPerson, NoSuchProposal)


@dataclass(frozen=True, slots=True)
class Listed:
    """How old an issuer's list is, in a word and a colour."""

    one: Freshness
    words: str
    kind: str


@screens.get("/signatures/trust", needs(Action.TRUST_READ))
def list_trust(visit: Visit) -> Response:
    """GET ended=1: the pinned certificates, and how fresh the lists of revoked ones are."""
    return _list(visit)


@screens.get("/signatures/trust/{fingerprint}", needs(Action.TRUST_READ))
def show_certificate(visit: Visit) -> Response:
    """GET: one certificate, and what can be done about it."""
    return _certificate(visit)


@screens.post("/signatures/trust/add", needs(Action.TRUST_CHANGE), upload_mib=1)
def add_certificate(visit: Visit) -> Response:
    """POST file, part, hierarchy, ocsp, crl, source, dated, reason, proposal: believe a certificate.

    One whose fingerprint only waits for its file needs no second person.
    """
    form = visit.form
    upload = form.files.get("file")
    data = b"" if upload is None else upload.file.read(_LARGEST + 1)
    if not data or len(data) > _LARGEST:
        form.mend("file", "web.signatures.no-certificate-file")
        return _list(visit, status=422)
    try:
        every = read_certificates(data)
        filled = _fill_in(visit, every)
        if filled is not None:
            return visit.go(f"/signatures/trust/{filled.sha256}", "web.signatures.filled", name=filled.subject)
        if len(every) != 1:
            form.mend("file", "web.signatures.one-certificate", number=len(every))
            return _list(visit, status=422)
        change = Add(_pinned(visit, every[0]))
    except _MINE as error:
        form.mend("file", "web.form.refused", detail=str(error))
        return _list(visit, status=422)
    return _carry_out(visit, change, f"/signatures/trust/{every[0].sha256}", adding=True)


@screens.post("/signatures/trust/{fingerprint}/{act}", needs(Action.TRUST_CHANGE))
def change_certificate(visit: Visit) -> Response:
    """POST reason, proposal (ocsp, crl): confirm, end or address. Without a proposal's code one is made; with it, and
    a second person's agreement, it is done."""
    with visit.reading() as (connection, actor):
        row = service.show_trust(connection, actor, visit.path["fingerprint"])
    form, sha256 = visit.form, row.pinned.sha256
    changes: dict[str, Change] = {
        "confirm": Confirm((sha256,)),
        "end": End(sha256),
        "address": Readdress(sha256, form.text("ocsp"), form.text("crl")),
    }
    change = changes.get(visit.path["act"])
    if change is None:
        raise NoSuchCertificate(f"nothing called {visit.path['act'][:20]!r} is done to certificates")
    return _carry_out(visit, change, f"/signatures/trust/{sha256}")


def _carry_out(visit: Visit, change: Change, path: str, *, adding: bool = False) -> Response:
    form = visit.form
    reason, proposal = form.text("reason", required=True), form.text("proposal", longest=20)
    if form:
        try:
            with visit.writing() as (connection, actor):
                if proposal:
                    service.make_change(connection, actor, change, proposal, reason=reason)
                    code = ""
                else:
                    code = service.propose_change(connection, actor, change, reason=reason)
            if code:
                return visit.go(f"/proposals/{code}", "web.signatures.proposed", code=code)
            return visit.go(path, "web.signatures.changed")
        except _MINE as error:
            form.mend("proposal" if proposal else "", "web.form.refused", detail=str(error))
    return _list(visit, status=422) if adding else _certificate(visit, status=422)


def _fill_in(visit: Visit, every: tuple[CertificateFile, ...]) -> CertificateFile | None:
    for one in every:
        try:
            with visit.writing() as (connection, actor):
                service.fill_in(connection, actor, one)
            return one
        except NoSuchCertificate:
            continue
    return None


def _pinned(visit: Visit, one: CertificateFile) -> Pinned:
    """As the form says it; what it leaves out is as it ships, when the fingerprint does."""
    form, known = visit.form, find_shipped(one.sha256)
    part = form.choice("part", [each.value for each in Part], required=known is None)
    hierarchy = form.choice("hierarchy", [each.value for each in Hierarchy], required=known is None)
    source = form.text("source", required=known is None)
    dated = form.day("dated")
    made = Pinned(
        sha256=one.sha256,
        der=one.der,
        part=Part(part) if part else known.part if known else Part.ROOT,
        hierarchy=Hierarchy(hierarchy) if hierarchy else known.hierarchy if known else Hierarchy.OTHER,
        subject=one.subject,
        ocsp=form.text("ocsp") or (known.ocsp if known else ""),
        crl=form.text("crl") or (known.crl if known else ""),
        source=source or (known.source if known else ""),
        dated=known.dated if known and not (dated or source) else f"{dated or local_time(visit.at):%Y-%m-%d}",
    )
    check_part(one, made.part, at=visit.at)
    return made


def _list(visit: Visit, *, status: int = 200) -> Response:
    ended = visit.query.get("ended") == "1"
    with visit.reading() as (connection, actor):
        rows = service.list_trust(connection, actor, ended=ended)
        fresh = revocation.show_freshness(connection, actor)
    hours = visit.site.settings.signatures.max_age_hours
    return visit.page(
        "signatures/trust.html", status=status, rows=rows, ended=ended, spaced=spaced,
        standing=lambda row: standing(visit.t, row), lists=[_listed(visit, one, hours) for one in fresh],
        changes=_changes(visit), parts=_parts(visit.t), hierarchies=_hierarchies(visit.t), form=visit.form,
    )  # fmt: skip


def _certificate(visit: Visit, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        row = service.show_trust(connection, actor, visit.path["fingerprint"])
        fresh = [one for one in revocation.show_freshness(connection, actor) if one.issuer == row.pinned.sha256]
    hours = visit.site.settings.signatures.max_age_hours
    act = visit.path.get("act", "")
    empty = Form()
    return visit.page(
        "signatures/certificate.html", status=status, row=row, one=row.pinned, fingerprint=spaced(row.pinned.sha256),
        standing=standing(visit.t, row), who=partial(who, visit.t), lists=[_listed(visit, one, hours) for one in fresh],
        changes=_changes(visit), form_of=lambda name: visit.form if name == act else empty,
    )  # fmt: skip


def _changes(visit: Visit) -> bool:
    return visit.actor is not None and needs(Action.TRUST_CHANGE).admits(visit.actor)


def standing(t: Texts, row: TrustRow) -> tuple[str, str]:
    """Where it stands, in a few words, and their colour."""
    if not row.in_force:
        return t("web.signatures.ended"), "off"
    if row.waits:
        return t("web.signatures.waits"), "wait"
    if row.confirmed_at is None:
        return t("web.signatures.unconfirmed"), "warn"
    return t("web.signatures.confirmed"), "good"


def _listed(visit: Visit, one: Freshness, hours: int) -> Listed:
    """A list past its time, or whose address does not answer, is what makes documents UNKNOWN."""
    if one.problems:
        return Listed(one, visit.t("web.signatures.list-silent"), "bad")
    if not one.this_update:
        return Listed(one, visit.t("web.signatures.list-none"), "warn" if one.crl else "off")
    if 0 < one.next_update < visit.at or visit.at - one.this_update > hours * HOUR:
        return Listed(one, visit.t("web.signatures.list-old"), "warn")
    return Listed(one, visit.t("web.signatures.list-fresh"), "good")


def _parts(t: Texts) -> list[tuple[str, str]]:
    return [("", t("web.signatures.as-shipped")), *((one.value, t(f"web.signatures.part.{one.value}")) for one in Part)]


def _hierarchies(t: Texts) -> list[tuple[str, str]]:
    known = ((one.value, t(f"signature.hierarchy.{one.value}")) for one in Hierarchy)
    return [("", t("web.signatures.as-shipped")), *known]
