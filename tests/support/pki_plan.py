"""What the test PKI consists of: names, periods, revocations, as certomancer's configuration (see `pki.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core, x509

REVOKED_AT = datetime(2026, 3, 1, tzinfo=UTC)  # of every leaf whose name says that it was revoked

_AUTHORITY = "Ban Cơ yếu Chính phủ (THỬ NGHIỆM)"
_PROVINCE = "ỦY BAN NHÂN DÂN TỈNH THỬ NGHIỆM"
_HEALTH = "Sở Y tế tỉnh Thử Nghiệm"
_ALWAYS = ("2018-01-01T00:00:00+0000", "2048-01-01T00:00:00+0000")
_LEAF = ("2022-01-01T00:00:00+0000", "2045-01-01T00:00:00+0000")
KEYS = (
    *("official-root", "official-sub", "official-ocsp", "official-tsa", "leader", "clerk", "agency", "home", "smime"),
    *("public-root", "public-sub", "public-ocsp", "public-tsa", "enterprise", "citizen"),
    *("forged-root", "forged-sub", "forged-ocsp", "forged-tsa", "forged-leader"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A distinguished name as the leaves of reference/signatures § 3.1 have it."""

    common_name: str
    units: tuple[str, ...] = ()
    organisation: str = ""
    locality: str = ""
    email: str = ""
    uid: str = ""

    def name(self) -> x509.Name:
        """In the order that the certificates use: C, L, O, OU…, CN, UID, E."""
        parts = [("country_name", core.PrintableString("VN"))]
        parts += [("locality_name", core.UTF8String(self.locality))] if self.locality else []
        parts += [("organization_name", core.UTF8String(self.organisation))] if self.organisation else []
        parts += [("organizational_unit_name", core.UTF8String(unit)) for unit in self.units]
        parts.append(("common_name", core.UTF8String(self.common_name)))
        parts += [("user_id", core.UTF8String(self.uid))] if self.uid else []
        if self.email:
            parts.append(("email_address", x509.EmailAddress(self.email)))
        sequence = [x509.RelativeDistinguishedName([_name_part(kind, value)]) for kind, value in parts]
        return x509.Name(name="", value=x509.RDNSequence(sequence))


def _person(name: str, email: str, *units: str) -> Subject:
    return Subject(
        common_name=name, organisation=_PROVINCE, locality="Thử Nghiệm", units=units or (_HEALTH,), email=email
    )


def _agency(name: str, email: str) -> Subject:
    return Subject(common_name=name, organisation=_PROVINCE, locality="Thử Nghiệm", email=email)


def _office(name: str) -> Subject:
    return Subject(common_name=f"{name} (THỬ NGHIỆM)", organisation=_AUTHORITY)


_OFFICIAL = {
    "root": _office("RootCA chuyên dùng Chính phủ G2"),
    "sub": _office("CA phục vụ các cơ quan Nhà nước G2"),
    "ocsp": _office("OCSP CA phục vụ các cơ quan Nhà nước G2"),
    "tsa": _office("Dịch vụ dấu thời gian G2"),
    "leader": _person("Trần Thị Mẫu", "mautt.syt@thunghiem.gov.vn", _HEALTH, "Lãnh đạo Sở"),
    "clerk": _person("Nguyễn Văn Thư", "thunv.syt@thunghiem.gov.vn", _HEALTH, "Văn phòng Sở"),
    "agency": _agency(_HEALTH, "vanthu.syt@thunghiem.gov.vn"),
    "home": _agency("Sở Nội vụ tỉnh Thử Nghiệm", "vanthu.snv@thunghiem.gov.vn"),
    "province": _agency("Ủy ban nhân dân tỉnh Thử Nghiệm", "vanthu@thunghiem.gov.vn"),
    "smime": _person("Lê Văn Ấn", "anlv.syt@thunghiem.gov.vn", _HEALTH),
    "expired": _person("Phạm Thị Cũ", "cupt.syt@thunghiem.gov.vn"),
    "future": _person("Đỗ Văn Mới", "moidv.syt@thunghiem.gov.vn"),
    "revoked": _person("Hoàng Văn Thôi", "thoihv.syt@thunghiem.gov.vn"),
    "compromised": _person("Vũ Thị Lộ", "lovt.syt@thunghiem.gov.vn"),
    "held": _person("Bùi Văn Tạm", "tambv.syt@thunghiem.gov.vn"),
    "revoked_agency": _agency("Sở Công Thương tỉnh Thử Nghiệm", "vanthu.sct@thunghiem.gov.vn"),
    "encipherer": _person("Ngô Thị Mã", "mant.syt@thunghiem.gov.vn"),  # key usage: encipherment only
    "rogue": _person("Kẻ Mạo Danh", "maodanh.syt@thunghiem.gov.vn"),  # issued by a leaf
    "weak": _person("Lý Văn Yếu", "yeulv.syt@thunghiem.gov.vn"),  # its certificate signed with SHA-1
}
_PUBLIC_CA = "VIETNAM POSTS AND TELECOMMUNICATIONS GROUP (TEST)"
_PUBLIC = {
    "root": Subject(
        common_name="Vietnam National Root CA (TEST)",
        organisation="Ministry of Information and Communications (TEST)",
        units=("National Centre of Digital Signature Authentication",),
    ),
    "sub": Subject(common_name="VNPT-CA SHA2 (TEST)", organisation=_PUBLIC_CA),
    "ocsp": Subject(common_name="VNPT-CA OCSP (TEST)", organisation=_PUBLIC_CA),
    "tsa": Subject(common_name="VNPT-CA TSA (TEST)", organisation=_PUBLIC_CA),
    "enterprise": Subject(common_name="CÔNG TY TNHH THỬ NGHIỆM", locality="Thử Nghiệm", uid="MST:0100000000"),
    "citizen": Subject(common_name="Trịnh Văn Dân", locality="Thử Nghiệm", uid="CCCD:001000000000"),
    "state": Subject(common_name=_HEALTH, organisation=_PROVINCE, locality="Thử Nghiệm", uid="MST:0100000001"),
}
_FORGED = {label: _OFFICIAL[label] for label in ("root", "sub", "ocsp", "tsa", "leader", "agency")}
SUBJECTS: Mapping[str, Mapping[str, Subject]] = {"official": _OFFICIAL, "public": _PUBLIC, "forged": _FORGED}
_REVOKED = {
    "revoked": "superseded",
    "compromised": "key_compromise",
    "held": "certificate_hold",
    "revoked_agency": "cessation_of_operation",
}
_OWN_KEYS = {"leader", "clerk", "agency", "home", "smime", "enterprise", "citizen"}


def configuration(url: str, folder: Path) -> dict[str, Any]:
    """Certomancer's configuration: https://certomancer.readthedocs.io/en/latest/config.html."""
    return {
        "external-url-prefix": url,
        "keysets": {"all": {"path-prefix": str(folder), "keys": {name: {"path": f"{name}.key.pem"} for name in KEYS}}},
        "pki-architectures": {name: _architecture(name, subjects) for name, subjects in SUBJECTS.items()},
    }


def _architecture(name: str, subjects: Mapping[str, Subject]) -> dict[str, Any]:
    certificates: dict[str, Any] = {
        "root": {
            **_certificate(name, "root", "root", _ALWAYS),
            "profiles": [{"id": "simple-ca", "params": {"crl-repo": "root", "ocsp-service": "root"}}],
        },
        "sub": {
            **_certificate(name, "sub", "root", _ALWAYS),
            "profiles": [{"id": "simple-ca", "params": {"max-path-len": 0, "crl-repo": "sub", "ocsp-service": "sub"}}],
        },
        "ocsp": {**_certificate(name, "ocsp", "sub", _ALWAYS), "profiles": ["ocsp-responder"]},
        "tsa": {
            **_certificate(name, "tsa", "root", _ALWAYS),
            "extensions": [
                _key_usage("digital_signature"),
                {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
            ],
        },
    }
    for label in subjects:
        if label not in certificates:
            certificates[label] = _leaf(name, label, subjects[label])
    return {
        "keyset": "all",
        "entities": {label: {"common-name": label} for label in subjects},  # replaced by their full names
        "certs": certificates,
        "services": _services(name),
    }


def _services(name: str) -> dict[str, Any]:
    responders = {
        "sub": {"for-issuer": "sub", "responder-cert": "ocsp", "signing-key": f"{name}-ocsp"},
        "root": {"for-issuer": "root", "responder-cert": "root", "signing-key": f"{name}-root"},
    }
    lists = {
        issuer: {"for-issuer": issuer, "signing-key": f"{name}-{issuer}", "simulated-update-schedule": _a_week()}
        for issuer in ("root", "sub")
    }
    stamping = {"tsa": {"signing-key": f"{name}-tsa", "signing-cert": "tsa", "certs-to-embed": ["tsa"]}}
    return {"ocsp": responders, "crl-repo": lists, "time-stamping": stamping}


def _a_week() -> str:
    """Between two lists: some seven days, half of which are over now. No test meets the hour of a new list."""
    since = datetime.now(UTC) - datetime.fromisoformat(_ALWAYS[0])
    return f"PT{int(since.total_seconds() / (since // timedelta(days=7) + 0.5))}S"


def _leaf(name: str, label: str, subject: Subject) -> dict[str, Any]:
    periods = {
        "expired": ("2020-01-01T00:00:00+0000", "2023-01-01T00:00:00+0000"),
        "future": ("2043-01-01T00:00:00+0000", "2045-01-01T00:00:00+0000"),
    }
    usage = ("key_encipherment",) if label == "encipherer" else ("digital_signature", "non_repudiation")
    extensions = [_key_usage(*usage)]
    if label == "smime":
        extensions += [
            {"id": "extended_key_usage", "value": ["email_protection"]},
            {
                "id": "subject_alt_name",
                "smart-value": {"schema": "general-names", "params": [{"type": "email", "value": subject.email}]},
            },
        ]
    made = _certificate(name, label, "leader" if label == "rogue" else "sub", periods.get(label, _LEAF))
    made["extensions"] = extensions
    if label in _REVOKED:
        made["revocation"] = {"revoked-since": REVOKED_AT.isoformat(), "reason": _REVOKED[label]}
    if label == "weak":
        made["digest-algo"] = "sha1"
    return made


def _certificate(name: str, label: str, issuer: str, period: tuple[str, str]) -> dict[str, Any]:
    def key(label: str) -> str:
        own = f"{name}-{label}"
        if name == "forged" and own not in KEYS:
            return "forged-leader"
        if own in KEYS:
            return own
        return label if label in _OWN_KEYS else {"official": "clerk", "public": "enterprise"}[name]

    return {
        "subject": label,
        "subject-key": key(label),
        "issuer": issuer,
        "authority-key": key(issuer),
        "validity": {"valid-from": period[0], "valid-to": period[1]},
    }


def _key_usage(*usages: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(usages)}}


def _name_part(kind: str, value: core.Asn1Value) -> x509.NameTypeAndValue:
    if not isinstance(value, x509.EmailAddress):
        value = x509.DirectoryString(name="printable_string" if kind == "country_name" else "utf8_string", value=value)
    return x509.NameTypeAndValue({"type": kind, "value": value})
