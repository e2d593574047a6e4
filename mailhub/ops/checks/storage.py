"""Disks and database: can mail be kept, and is what was kept whole?"""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from mailhub.accounts import audit
from mailhub.accounts.rights import Action, Subject
from mailhub.accounts.service import verify_chain
from mailhub.ids import new_id
from mailhub.ops.findings import Check, Ground, Status, Verdict, broken, joined, look, ok
from mailhub.store.database import open_database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.migrate import migration_scripts

MIB = 1024 * 1024
BUSY_SECONDS = 3.0
LARGE_WAL_MIB = 256
CLOCK_SECONDS = 2.0
_FREE = "xóa bớt hoặc mở rộng đĩa; khi thiếu chỗ máy chủ trả lời 4xx, thư không mất"
_DATABASE = "xem thư mục data/ và dịch vụ cơ sở dữ liệu; máy chủ trả lời 4xx trong lúc này"


def storage_checks(_ground: Ground) -> list[Check]:
    """Spool, mailboxes, database."""
    return [
        Check("spool", "Hàng đợi trên đĩa", check_spool, Status.BROKEN),
        Check("space.mail", "Đĩa hộp thư", check_mail_space),
        Check("database", "Cơ sở dữ liệu", check_database, Status.BROKEN),
        Check("database.write", "Ghi cơ sở dữ liệu", check_write, Status.BROKEN),
        Check("audit", "Nhật ký kiểm tra", check_audit),
    ]


def check_spool(ground: Ground) -> Verdict:
    """A file can be written there and brought to the disk; and there is room."""
    settings = ground.settings
    probe = settings.spool_directory / "incoming" / f"doctor-{new_id()}.part"
    try:
        drift = _write_and_remove(probe)
    except OSError as error:
        advice = f"kiểm tra đĩa và quyền ghi của {settings.spool_directory}; máy chủ trả lời 4xx trong lúc này"
        return broken(f"không ghi được: {error.strerror}", advice)
    if abs(drift) > CLOCK_SECONDS:
        return look(f"giờ của đĩa lệch {drift:.0f} giây", "chỉnh đồng hồ máy chủ tệp")
    return joined([ok("ghi được"), _space(settings.spool_directory, settings.limits.spool_free_mib)])


def _write_and_remove(path: Path) -> float:
    """Seconds by which the file system's clock is ahead of ours."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, b"x" * 4096)
        os.fsync(fd)
        return os.fstat(fd).st_mtime - time.time()
    finally:
        os.close(fd)
        path.unlink(missing_ok=True)


def check_mail_space(ground: Ground) -> Verdict:
    """Room for what Dovecot keeps."""
    settings = ground.settings
    try:
        return _space(settings.mail_directory, settings.limits.spool_free_mib)
    except OSError as error:
        return broken(f"{settings.mail_directory}: {error.strerror}", "mailhub serve tạo lại thư mục này")


def _space(folder: Path, least_mib: int) -> Verdict:
    info = os.statvfs(folder)
    free = info.f_bavail * info.f_frsize // MIB
    seen = f"còn {free} MiB"
    if info.f_files and info.f_favail * 100 < info.f_files:
        return look("gần hết số tệp (inode)", _FREE)
    if free < least_mib:
        return broken(f"{seen}, dưới mức {least_mib} MiB ([limits] spool_free_mib)", _FREE)
    return look(f"{seen}, gần mức {least_mib} MiB", _FREE) if free < 2 * least_mib else ok(seen)


# -------------------------------------------------------------------- database


def head_revision() -> str:
    """The newest migration of this program."""
    return str(migration_scripts().get_current_head())


def check_database(ground: Ground) -> Verdict:
    """It answers, its tables are this program's, and its log does not grow without end."""
    settings = ground.settings
    try:
        with ground.database.read() as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except StoreUnavailable as error:
        return broken(str(error), _DATABASE)
    if revision != head_revision():
        return broken(f"bảng ở bản {revision}, cần {head_revision()}", "khởi động lại máy chủ: nó tự nâng cấp")
    path = make_url(settings.database_url).database
    if not ground.database.is_sqlite or path is None:
        return ok(f"PostgreSQL, bản {revision}")
    wal = Path(f"{path}-wal")
    size = wal.stat().st_size // MIB if wal.exists() else 0
    seen = f"SQLite, bản {revision}, tệp WAL {size} MiB"
    if size > LARGE_WAL_MIB:
        return look(seen, "một tiến trình đọc giữ tệp WAL quá lâu: khởi động lại máy chủ")
    return ok(seen)


def check_write(ground: Ground) -> Verdict:
    """Writes the row of the audit log that says who looked."""
    database = open_database(ground.settings.database_url, busy_seconds=BUSY_SECONDS)
    started = time.monotonic()
    try:
        with database.write() as connection:
            subject = Subject(kind="hub", name=ground.settings.hub.domain)
            audit.record(connection, ground.actor, Action.DOCTOR_READ, subject)
    except StoreUnavailable as error:
        return broken(str(error), _DATABASE)
    finally:
        database.close()
    return ok(f"ghi trong {(time.monotonic() - started) * 1000:.0f} ms")


def check_audit(ground: Ground) -> Verdict:
    """The chain of hashes is whole."""
    try:
        with ground.database.read() as connection:
            report = verify_chain(connection)
    except StoreUnavailable as error:
        return broken(str(error), _DATABASE)
    if report.ok:
        return ok(f"nguyên vẹn, {report.rows} dòng")
    advice = "giữ nguyên cơ sở dữ liệu, so với bản sao lưu: có người sửa ngoài mailhub"
    return broken(f"dòng {report.first_bad} không khớp", advice)
