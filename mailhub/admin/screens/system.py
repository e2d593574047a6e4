"""Hệ thống: what the doctor proved last, the DNS records to publish, keys, certificates, settings with their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import Visit
from mailhub.ops.doctor import examine
from mailhub.ops.findings import Finding, Status
from mailhub.ops.kept import Run, keep_run, last_run, note_reading
from mailhub.settings import SETTINGS_FILE
from mailhub.settings.catalogue import Setting, all_settings, toml_value
from mailhub.settings.scan import key_lines

screens = Screens()
READS = needs(Action.DOCTOR_READ)
_KEYS = ("certificate", "keys.", "signer", "trust", "revocation", "audit")


@screens.get("/system", READS)
def show_state(visit: Visit) -> Response:
    """The last examination, worst first."""
    run = _last(visit, "state")
    return visit.page("system/state.html", run=run, findings=_worst_first(run))


@screens.post("/system", READS)
def examine_now(visit: Visit) -> Response:
    """Examine now; the page waits for the doctor's answer."""
    with visit.reading() as (_, actor):
        site, who = visit.site, actor
    assert who.account_id is not None

    def work(progress: Progress) -> str:
        run_doctor(site, who, progress)
        return "/system"

    return visit.go(site.jobs.start(who.account_id, "doctor", visit.t("web.system.examining"), work))


@screens.get("/system/dns", READS)
def show_dns(visit: Visit) -> Response:
    """What the world's DNS says, and the lines to publish."""
    run = _last(visit, "dns")
    found = [one for one in _findings(run) if one.name.startswith("dns.")]
    return visit.page("system/dns.html", run=run, findings=found)


@screens.get("/system/keys", READS)
def show_keys(visit: Visit) -> Response:
    """The certificate that the doors show, and what the doctor says of the keys."""
    run = _last(visit, "keys")
    found = [one for one in _findings(run) if one.name.startswith(_KEYS)]
    return visit.page("system/keys.html", run=run, findings=found, certificates=_certificates(visit.site))


@screens.get("/system/settings", READS)
def show_settings(visit: Visit) -> Response:
    """Every setting with its value and where that comes from; secrets are not shown."""
    with visit.writing() as (connection, actor):
        note_reading(connection, actor, "settings")
    words = visit.query.get("q", "").strip()[:100]
    found = [one for one in _settings(visit.site) if _fits(one, words)]
    sections: dict[str, list[Shown]] = {}
    for one in found:
        sections.setdefault(one.section, []).append(one)
    return visit.page("system/settings.html", sections=sections, words=words, file=SETTINGS_FILE)


def run_doctor(site: Site, actor: Actor, progress: Progress | None = None, *, mail: bool = True) -> Run:
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


def _settings(site: Site) -> list[Shown]:
    lines = _lines(site.settings.directory / SETTINGS_FILE)
    return [_shown(site, setting, lines) for path, setting in all_settings().items() if len(path) == 2]


def _shown(site: Site, setting: Setting, lines: dict[tuple[str | int, ...], int]) -> Shown:
    section, name = setting.path
    value = getattr(getattr(site.settings, _attribute(site, section)), setting.attribute)
    extra = setting.info.json_schema_extra
    about = extra if isinstance(extra, dict) else {}
    told = "••••••" if about.get("secret") and value else toml_value(value)
    line = lines.get((section, name), 0)
    return Shown(section, name, told[:500], line, bool(about.get("restart")), setting.description)


def _attribute(site: Site, section: str) -> str:
    return section if hasattr(site.settings, section) else f"{section}_"


def _lines(file: Path) -> dict[tuple[str | int, ...], int]:
    try:
        return {tuple(path): line for path, line in key_lines(file.read_text()).items()}
    except (OSError, ValueError):
        return {}


def _fits(one: Shown, words: str) -> bool:
    return all(word in f"{one.section} {one.name} {one.description}".casefold() for word in words.casefold().split())
