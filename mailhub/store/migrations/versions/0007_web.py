"""The web: sessions, tokens, passkeys, reports' figures and schedules, long work, the doctor's findings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "policy_trial",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=500), nullable=False),
        sa.Column("result", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("activated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_trial")),
    )
    op.create_index(op.f("ix_policy_trial_account_id"), "policy_trial", ["account_id"], unique=False)
    op.add_column("agency", sa.Column("staff", sa.Integer(), nullable=True))
    op.create_index("ix_message_sender", "message", ["sender", "id"], unique=False)
    _logins()
    _reports()
    _work()


def downgrade() -> None:
    """Not written: what these tables hold would be lost. Go back by restoring the backup."""
    raise NotImplementedError


def _logins() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.String(length=300), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("last_ip", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["mailbox.id"], name=op.f("fk_api_token_account_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("rp_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("transports", sa.String(length=100), server_default=sa.text("''"), nullable=False),
        sa.Column("synced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_passkey_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_mailbox_id"), "passkey", ["mailbox_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("factor", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("wrong", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ip", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("agent", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("csrf", sa.LargeBinary(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("challenge_for", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("challenge_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.String(length=32), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["mailbox.id"], name=op.f("fk_web_session_account_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_web_session_token_sha256")),
    )
    op.create_index("ix_web_session_account", "web_session", ["account_id", "ended_at"], unique=False)
    op.create_index(op.f("ix_web_session_seen_at"), "web_session", ["seen_at"], unique=False)


def _reports() -> None:
    op.create_table(
        "account_activity",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_account_activity")),
    )
    op.create_table(
        "report_count",
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("a", sa.String(length=80), nullable=False),
        sa.Column("b", sa.String(length=40), nullable=False),
        sa.Column("c", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("more", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "day", "agency_id", "a", "b", "c", name=op.f("pk_report_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "report_day",
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("part", "day", name=op.f("pk_report_day")),
    )
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("formats", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_period", sa.String(length=24), server_default=sa.text("''"), nullable=False),
        sa.Column("trouble", sa.String(length=24), server_default=sa.text("''"), nullable=False),
        sa.Column("trouble_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["mailbox.id"], name=op.f("fk_report_schedule_account_id_mailbox")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_report_schedule_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index("ix_report_schedule_account", "report_schedule", ["account_id"], unique=False)
    op.create_index("ix_report_schedule_due", "report_schedule", ["next_due_on", "ended_at"], unique=False)


def _work() -> None:
    op.create_table(
        "doctor_run",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_run")),
    )
    op.create_index(op.f("ix_doctor_run_at"), "doctor_run", ["at"], unique=False)
    op.create_table(
        "web_job",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("process", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leads_to", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["mailbox.id"], name=op.f("fk_web_job_account_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_job")),
    )
    op.create_index(op.f("ix_web_job_account_id"), "web_job", ["account_id"], unique=False)
