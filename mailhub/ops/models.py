"""What the doctor found the last times."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class DoctorRun(Base):
    """One examination, whole. The web shows the newest; older ones go after a while."""

    __tablename__ = "doctor_run"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    actor: Mapped[str] = mapped_column(String(320))
    status: Mapped[str] = mapped_column(String(16))  # the worst of it
    findings: Mapped[str] = mapped_column(Text)  # JSON: a list of objects
