"""Hệ thống: what the doctor proved last, the DNS records to publish, keys, certificates, settings with their source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.words import who
from mailhub.clock import MINUTE
from mailhub.i18n import Texts
from mailhub.ops.checks.names import own_domains
from mailhub.ops.doctor import examine
from mailhub.ops.findings import Finding, Status
from mailhub.ops.kept import Run, keep_run, last_run, note_reading
from mailhub.ops.zone import zone_of
from mailhub.settings import SETTINGS_FILE
from mailhub.settings.catalogue import ARRAYS, Setting, all_settings, toml_value
from mailhub.settings.scan import key_lines

screens = Screens()
READS = needs(Action.DOCTOR_READ)
JOB = "doctor"
AGAIN_AFTER = MINUTE
LATE_AFTER = 20 * MINUTE  # the web's first process examines every 15 (process.py)
MOST_ZONES = 50
_PROVED_ON = ("/system", "/system/dns", "/system/keys")
_KEYS = ("certificate", "keys.", "signer", "trust", "revocation", "audit")


@screens.get("/system", READS)
def show_state(visit: Visit) -> Response:
    """The last examination, worst first."""
    run = _last(visit, "state")
    return visit.page(
        "system/state.html",
        findings=_worst_first(run),
        by="" if run is None else who(visit.t, run.actor),
        **_proof(visit, run),
    )


@screens.post("/system", READS)
def examine_now(visit: Visit) -> Response:
    """POST back=PAGE: examine now, as work of which a page tells how far it is. Nothing is examined twice within a
    minute, nor while somebody else does: a mail there and back, and questions to the world's DNS, are no toy."""
    back = visit.form.text("back")
    back = back if back in _PROVED_ON else "/system"
    running = visit.site.jobs.under_way(JOB)
    with visit.writing() as (connection, actor):
        note_reading(connection, actor, "examine")
        before = last_run(connection, actor)
    site, who = visit.site, actor
    assert who.account_id is not None
    if running is not None and running.account_id == who.account_id:
        return visit.go(f"/work/{running.id}")
    if running is not None:
        return visit.go(back, "web.system.somebody-examines")
    if before is not None and visit.at - before.at < AGAIN_AFTER:
        return visit.go(back, "web.system.just-examined")
    number = 0 if before is None else len(before.findings)

    def work(progress: Progress) -> str:
        run_doctor(site, who, lambda done, _: progress(done, max(done, number)))
        return back

    return visit.go(site.jobs.start(who.account_id, JOB, visit.t("web.system.examining"), work))


@screens.get("/system/dns", READS)
def show_dns(visit: Visit) -> Response:
    """GET q: what the world's DNS says, and the lines to publish, of every domain that the province sends from."""
    run = _last(visit, "dns")
    found = [one for one in _findings(run) if one.name.startswith("dns.")]
    words = visit.query.get("q", "").strip().casefold()[:100]
    settings = visit.site.settings
    with visit.reading() as (connection, _):
        named = [name for name in own_domains(connection, settings.hub.domain) if words in name]
    zones = [
        zone_of(name, settings.hub.hostname, settings.dkim.keys, settings.dkim_file) for name in named[:MOST_ZONES]
    ]
    left = len(named) - len(zones)
    return visit.page("system/dns.html", findings=found, zones=zones, left=left, words=words, **_proof(visit, run))


@screens.get("/system/keys", READS)
def show_keys(visit: Visit) -> Response:
    """The certificate that the doors show, and what the doctor says of the keys."""
    run = _last(visit, "keys")
    found = [one for one in _findings(run) if one.name.startswith(_KEYS)]
    shown = _certificates(visit.site)
    return visit.page("system/keys.html", findings=found, certificates=shown, **_proof(visit, run))


@screens.get("/system/settings", READS)
def show_settings(visit: Visit) -> Response:
    """Every setting with its value and where that comes from; secrets are not shown."""
    with visit.writing() as (connection, actor):
        note_reading(connection, actor, "settings")
    words = visit.query.get("q", "").strip()[:100]
    found = [one for one in _settings(visit.site, visit.t) if _fits(one, words)]
    sections: dict[str, list[Shown]] = {}
    for one in found:
        sections.setdefault(one.section, []).append(one)
    return visit.page("system/settings.html", sections=sections, words=words, file=SETTINGS_FILE)


def run_doctor(
    site: Site, actor: Actor, progress: Callable[[int, int], None] | None = None, *, mail: bool = True
) -> Run:
    """Examine, and keep what was found.

    Raises:
        NotAllowed
    """
    found: list[Finding] = []
    for finding in examine(site.settings, actor, mail=mail):
        found.append(finding)
        if progress is not None:
            progress(len(found), 0)
    with site.database.write() as connection:
        return keep_run(connection, actor, found, at=site.clock())


def _last(visit: Visit, what: str) -> Run | None:
    with visit.writing() as (connection, actor):
        note_reading(connection, actor, what)
        return last_run(connection, actor)


def _proof(visit: Visit, run: Run | None) -> dict[str, Any]:
    """What a page of findings says of their age. `late`: the quarter of an hour went by without an examination."""
    age = None if run is None else max(0, visit.at - run.at)
    return {"run": run, "age": age, "late": age is not None and age > LATE_AFTER, "page": visit.request.url.path}


def _findings(run: Run | None) -> Sequence[Finding]:
    return () if run is None else run.findings


def _worst_first(run: Run | None) -> list[Finding]:
    order = list(Status)
    return sorted(_findings(run), key=lambda one: -order.index(one.status))


# ------------------------------------------------------------- certificates


@dataclass(frozen=True, slots=True)
class Certificate:
    """One of the chain that the doors show."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    sha256: str
    days_left: int


def _certificates(site: Site) -> list[Certificate]:
    """None when the file cannot be read: the doctor's line says why."""
    try:
        chain = x509.load_pem_x509_certificates(site.settings.tls_certificate.read_bytes())
    except (OSError, ValueError):
        return []
    return [_read(one, site) for one in chain]


def _read(one: x509.Certificate, site: Site) -> Certificate:
    try:
        extension = one.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(map(str, extension.value.get_values_for_type(x509.DNSName)))
    except x509.ExtensionNotFound:
        names = ()
    now = datetime.fromtimestamp(site.clock() / 1000, UTC)
    return Certificate(
        subject=one.subject.rfc4514_string(),
        issuer=one.issuer.rfc4514_string(),
        names=names,
        begins=one.not_valid_before_utc,
        ends=one.not_valid_after_utc,
        sha256=one.fingerprint(hashes.SHA256()).hex(":").upper(),
        days_left=(one.not_valid_after_utc - now).days,
    )


# ----------------------------------------------------------------- settings


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as the page has it. `line` is where the file sets it, 0: nowhere, so that the default holds."""

    section: str
    name: str
    value: str
    line: int
    restart: bool
    description: str


def _settings(site: Site, t: Texts) -> list[Shown]:
    lines = _lines(site.settings.directory / SETTINGS_FILE)
    return [_shown(site, t, setting, lines) for path, setting in all_settings().items() if len(path) == 2]


def _shown(site: Site, t: Texts, setting: Setting, lines: dict[tuple[str | int, ...], int]) -> Shown:
    section, name = setting.path
    value = getattr(getattr(site.settings, _attribute(site, section)), setting.attribute)
    extra = setting.info.json_schema_extra
    about = extra if isinstance(extra, dict) else {}
    told = "••••••" if about.get("secret") and value else toml_value(value)
    if setting.path in ARRAYS:
        told = f"[[{setting.heading}]] × {len(value)}"
    line = lines.get((section, name), 0)
    description = t(f"web.settings.about.{setting.heading}")
    return Shown(section, name, told[:500], line, bool(about.get("restart")), description)


def _attribute(site: Site, section: str) -> str:
    return section if hasattr(site.settings, section) else f"{section}_"


def _lines(file: Path) -> dict[tuple[str | int, ...], int]:
    try:
        return {tuple(path): line for path, line in key_lines(file.read_text()).items()}
    except (OSError, ValueError):
        return {}


def _fits(one: Shown, words: str) -> bool:
    return all(word in f"{one.section} {one.name} {one.description}".casefold() for word in words.casefold().split())
