"""The certificate, the private keys and who may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from mailhub.clock import local_time, now_ms
from mailhub.mail.dkim import load_signing_key
from mailhub.mail.errors import DkimKeyError
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.settings import SETTINGS_FILE, DkimKey, Settings

SOON_DAYS = 14
_RENEW = "xin chứng thư mới, thay tệp ở [tls], rồi systemctl reload mailhub"
_SPKI = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_checks(_ground: Ground) -> list[Check]:
    """Certificate, modes of files, DKIM keys."""
    return [
        Check("certificate", "Chứng thư TLS", check_certificate),
        Check("keys.modes", "Quyền đọc khóa", check_modes),
        Check("keys.dkim", "Khóa DKIM", check_dkim_files),
    ]


def check_certificate(ground: Ground) -> Verdict:
    """It loads, fits its key, names this host, and lasts."""
    settings = ground.settings
    try:
        certificate = x509.load_pem_x509_certificate(settings.tls_certificate.read_bytes())
        key = serialization.load_pem_private_key(settings.tls_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        return broken(f"không đọc được: {error}", "kiểm tra [tls] certificate, key trong mailhub.toml")
    if certificate.public_key().public_bytes(*_SPKI) != key.public_key().public_bytes(*_SPKI):
        return broken("khóa riêng không khớp với chứng thư", "đặt đúng cặp tệp ở [tls] certificate và key")
    return joined([_lasts(certificate), _names(certificate, settings.hub.hostname), _issuer(certificate)])


def _lasts(certificate: x509.Certificate) -> Verdict:
    now, end = datetime.now(UTC), certificate.not_valid_after_utc
    if certificate.not_valid_before_utc > now:
        return broken("chưa có hiệu lực", "kiểm tra đồng hồ của máy")
    days = (end - now).days
    until = f"hết hạn {end:%d/%m/%Y}"
    if end <= now:
        return broken(f"đã {until}", _RENEW)
    return look(f"{until}, còn {days} ngày", _RENEW) if days < SOON_DAYS else ok(until)


def _names(certificate: x509.Certificate, hostname: str) -> Verdict:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return look("không ghi tên máy chủ nào", f"xin chứng thư có tên {hostname}")
    names = [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    wildcard = "*." + hostname.partition(".")[2]
    if hostname in names or wildcard in names:
        return ok(f"cho {hostname}")
    return look(f"cho {', '.join(names) or 'không tên nào'}, không phải {hostname}", f"xin chứng thư có tên {hostname}")


def _issuer(certificate: x509.Certificate) -> Verdict:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return ok("")
    return look("tự cấp", "dùng chứng thư của tổ chức được tin cậy khi đưa vào dùng thật")


# ----------------------------------------------------------------------- modes


def check_modes(ground: Ground) -> Verdict:
    """Private keys belong to the hub's user, and nobody else reads them."""
    settings = ground.settings
    try:
        owner = (settings.directory / SETTINGS_FILE).stat().st_uid
        verdicts = [found for path in _private_files(settings) if (found := _mode_of(path, owner)) is not None]
    except OSError as error:
        return broken(f"{error.filename}: {error.strerror}", "chạy bằng root hoặc người dùng của mailhub")
    return joined(verdicts) if verdicts else ok("chỉ người dùng của mailhub đọc được")


def _private_files(settings: Settings) -> Iterator[Path]:
    yield settings.tls_key
    yield from (settings.dkim_file(key) for key in settings.dkim.keys)
    yield from (path for path in settings.keys_directory.glob("*.secret"))


def _mode_of(path: Path, owner: int) -> Verdict | None:
    try:
        info = path.stat()
    except FileNotFoundError:
        return broken(f"không có {path}", "chép khóa về chỗ cũ hoặc sửa mailhub.toml")
    mode = stat.S_IMODE(info.st_mode)
    remedy = f"chmod 600 {path}"
    if not os.access(path, os.R_OK):
        return broken(f"người dùng của mailhub không đọc được {path.name}", f"chown --reference={SETTINGS_FILE} {path}")
    if mode & 0o007:
        return broken(f"{path.name} ai cũng đọc được ({mode:o})", remedy)
    if mode & 0o070:
        return look(f"{path.name} cả nhóm đọc được ({mode:o})", remedy)
    if info.st_uid not in (owner, 0):
        return look(f"{path.name} thuộc người dùng số {info.st_uid}", f"chown --reference={SETTINGS_FILE} {path}")
    return None


# ------------------------------------------------------------------------ DKIM


def check_dkim_files(ground: Ground) -> Verdict:
    """Every key loads, and one of them signs today."""
    settings = ground.settings
    today = local_time(now_ms()).date()
    current = [key for key in settings.dkim.keys if key.from_ <= today and (key.until is None or today <= key.until)]
    verdicts = [_load(settings, key) for key in settings.dkim.keys]
    if not any(key.domain == settings.hub.domain for key in current):
        verdicts.append(look(f"{settings.hub.domain}: chưa có khóa nào có hiệu lực hôm nay", "thêm [[dkim.keys]]"))
    return joined(verdicts)


def _load(settings: Settings, key: DkimKey) -> Verdict:
    try:
        load_signing_key(settings.dkim_file(key).read_bytes(), key.domain, key.selector, key.algorithm)
    except (OSError, DkimKeyError) as error:
        return broken(f"{key.selector}: {error}", "chép khóa về chỗ cũ, hoặc tạo khóa mới và công bố lại")
    return ok(f"{key.selector}: {key.algorithm}")
