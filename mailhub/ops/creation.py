"""Makes the directory of a hub: settings, keys, certificate, database, the province and its first domain."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from mailhub.accounts import service as accounts
from mailhub.accounts.rights import console
from mailhub.clock import local_time, now_ms
from mailhub.mail.dkim import generate_key
from mailhub.ops.certificate import self_signed
from mailhub.ops.errors import CannotCreate
from mailhub.ops.zone import zone_lines, zone_of
from mailhub.screening.rules import versions
from mailhub.screening.rules.policy_file import POLICY_FILE, shipped_text
from mailhub.serve.errors import CannotServe
from mailhub.serve.privileges import Identity, check_reachable, serving_identity
from mailhub.settings import SETTINGS_FILE, DkimKey, SettingsError, load, render_settings
from mailhub.signatures.trust.service import enter_shipped
from mailhub.store.database import Database, open_database
from mailhub.store.migrate import migrate_database
from mailhub.store.spool import Spool

ALGORITHMS = ("rsa", "ed25519")
PROVINCE_CODE = "UBND"
DEMO_PROVINCE = "Tỉnh Minh Họa"
_SIGNER = "signer"
_LAID_OUT = frozenset({"run", _SIGNER})  # systemd-tmpfiles makes them before anybody types `init`


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `mailhub init` was asked for."""

    directory: Path
    domain: str
    hostname: str
    province: str
    base_port: int
    regulation: str = ""
    database: str = ""
    demo: bool = False


def create_hub(plan: Plan) -> list[str]:
    """Make the hub; gives the lines to show to whoever asked.

    Nothing is left behind when it fails: what was asked for wrongly can be asked for again.

    Raises:
        CannotCreate: there is one already, the directory is not empty or cannot be written, or a name is none.
    """
    if plan.demo and not plan.province:  # whose letters the demonstration sends, and whose certificates it makes
        plan = replace(plan, province=DEMO_PROVINCE)
    directory = plan.directory
    if (directory / SETTINGS_FILE).exists():
        raise CannotCreate(f"{directory} is a hub already: {SETTINGS_FILE} is there")
    _check_names(plan)
    made = not directory.exists()
    try:
        if not made and any(entry.name not in _LAID_OUT for entry in directory.iterdir()):
            raise CannotCreate(f"{directory} is not empty: a hub needs a directory of its own")
        return _create(plan)
    except OSError as error:
        _clear(directory, whole=made)
        raise CannotCreate(f"{error.filename or directory}: {error.strerror}") from error
    except CannotCreate:
        raise
    except BaseException:
        _clear(directory, whole=made)
        raise


def _check_names(plan: Plan) -> None:
    """Judge what was typed before anything is written."""
    try:
        render_settings(plan.domain, plan.hostname, plan.base_port)
    except SettingsError as error:
        problem = error.problems[0]
        raise CannotCreate(f"{problem.key} {problem.value}: {problem.problem}") from error


def _clear(directory: Path, *, whole: bool) -> None:
    """Take away what a failed attempt made."""
    if whole:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for entry in directory.iterdir():
        if entry.name in _LAID_OUT:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _create(plan: Plan) -> list[str]:
    directory = plan.directory
    _make_folders(directory)
    keys = _make_dkim_keys(directory, plan.domain)
    _make_certificate(directory, plan)
    _write(directory / SETTINGS_FILE, _settings_text(plan, keys).encode(), 0o640)
    _write(directory / POLICY_FILE, shipped_text().encode(), 0o640)
    settings = load(directory / SETTINGS_FILE)
    database = open_database(settings.database_url)
    migrate_database(database)
    _enter_province(database, plan)
    if plan.demo:
        from mailhub.ops.demo import populate

        populate(database, settings)
    Spool(settings.spool_directory, "init").prepare()
    _give_away(directory, settings.hub.user)
    if plan.demo:
        from mailhub.ops.demo_signing import set_up_signing

        set_up_signing(database, settings)
    database.close()
    return _what_next(plan, directory, keys)


def _make_folders(directory: Path) -> None:
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in ("keys", "keys/dkim", "data", "data/mail", "run"):
        (directory / name).mkdir(mode=0o700, exist_ok=True)


def _make_dkim_keys(directory: Path, domain: str) -> list[DkimKey]:
    """An RSA key, which everybody can check, and an Ed25519 one (RFC 8463). Selectors name the quarter."""
    today = local_time(now_ms()).date()
    keys = []
    for algorithm in ALGORITHMS:
        selector = f"{today.year}q{(today.month + 2) // 3}{algorithm[0]}"
        file = f"keys/dkim/{domain}.{selector}.pem"
        _write(directory / file, generate_key(algorithm), 0o600)
        keys.append(_dkim_key(domain, selector, algorithm, file, today))
    return keys


def _dkim_key(domain: str, selector: str, algorithm: str, file: str, day: date) -> DkimKey:
    return DkimKey.model_validate(
        {"domain": domain, "selector": selector, "algorithm": algorithm, "file": file, "from": day.isoformat()}
    )


def _make_certificate(directory: Path, plan: Plan) -> None:
    certificate, key = self_signed(plan.hostname, plan.domain)
    _write(directory / "keys/tls.crt", certificate, 0o644)
    _write(directory / "keys/tls.key", key, 0o600)


def _settings_text(plan: Plan, keys: list[DkimKey]) -> str:
    hub: dict[str, str] = {"province": plan.province} if plan.province else {}
    if plan.regulation:
        hub["regulation"] = plan.regulation
    if os.geteuid() != 0:
        import pwd

        hub["user"] = pwd.getpwuid(os.geteuid()).pw_name
    database = {"url": plan.database} if plan.database else {}
    # Everybody of the demonstration has one printed password: a second factor would only be in the way.
    passwords: dict[str, Any] = {"second_factor_roles": ()} if plan.demo else {}
    sections: dict[str, dict[str, Any]] = {"hub": hub, "database": database, "passwords": passwords}
    return render_settings(plan.domain, plan.hostname, plan.base_port, keys, **sections)


def _enter_province(database: Database, plan: Plan) -> None:
    actor = console("init")
    with database.write() as connection:
        accounts.add_agency(connection, actor, PROVINCE_CODE, plan.province or plan.domain, kind="province")
        accounts.add_domain(connection, actor, plan.domain)
        versions.activate(connection, actor, shipped_text(), reason="mailhub init")
        enter_shipped(connection)


def _write(path: Path, content: bytes, mode: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)


def _give_away(directory: Path, user: str) -> None:
    """Root made it; the hub's own user owns it. Without that user yet, `serve` will say what to do."""
    if os.geteuid() != 0:
        return
    try:
        identity: Identity = serving_identity(user)
    except CannotServe:
        return
    check_reachable(directory.parent, identity)
    signer = directory / _SIGNER  # stays another user's
    for path in (directory, *directory.rglob("*")):
        if path == signer or signer in path.parents:
            continue
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def _what_next(plan: Plan, directory: Path, keys: list[DkimKey]) -> list[str]:
    lines = [
        f"Made {directory} for {plan.domain}. Next: mailhub serve {directory}",
        *_about_rules(plan, directory),
        f"Mail to postmaster@ and abuse@ waits until somebody reads it: once that person has an account,\n"
        f"  mailhub --dir {directory} domain postmaster {plan.domain} ADDRESS",
        "DNS records to publish:",
    ]
    return lines + dns_records(directory, plan.domain, plan.hostname, keys)


def _about_rules(plan: Plan, directory: Path) -> list[str]:
    lines = [f"Rules for sending and receiving: {directory / POLICY_FILE}; most only count at first (Ghi nhận)."]
    if not plan.regulation:
        lines.append(
            "What people are told cites no regulation of the province yet: fill in [hub] regulation in mailhub.toml."
        )
    return lines


def dns_records(directory: Path, domain: str, hostname: str, keys: list[DkimKey]) -> list[str]:
    """The zone lines that make the world trust this hub: MX, SPF, DMARC, DKIM."""
    return list(zone_lines(zone_of(domain, hostname, keys, lambda key: directory / key.file)))


__all__ = ["Plan", "create_hub", "dns_records"]
