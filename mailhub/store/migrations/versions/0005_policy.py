"""Rules that cite their article: versions, decisions, words that are waited for; incidents with state secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _queue()
    _rules()
    _records()
    _incidents()


def downgrade() -> None:
    """Not written: what these tables hold would be lost. Go back by restoring the backup."""
    raise NotImplementedError


def _queue() -> None:
    op.add_column("recipient", sa.Column("rule", sa.String(length=80), server_default=sa.text("''"), nullable=False))
    op.add_column("recipient", sa.Column("folder", sa.String(length=60), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "pending_word",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("reason_needed", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_pending_word_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", "owner_id", name=op.f("pk_pending_word")),
    )
    op.create_index(op.f("ix_pending_word_owner_id"), "pending_word", ["owner_id"], unique=False)
    op.create_index(op.f("ix_pending_word_until"), "pending_word", ["until"], unique=False)


def _rules() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_version_number")),
    )
    op.create_index(op.f("ix_policy_version_sha256"), "policy_version", ["sha256"], unique=False)
    op.create_table(
        "policy_exception",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("who", sa.String(length=320), nullable=False),
        sa.Column("to", sa.String(length=320), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_exception")),
    )
    op.create_index("ix_policy_exception_who", "policy_exception", ["who", "rule"], unique=False)


def _records() -> None:
    op.create_table(
        "policy_decision",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_policy_decision")),
    )
    op.create_index("ix_policy_decision_agency", "policy_decision", ["agency_id", "message_id"], unique=False)
    op.create_table(
        "correspondent",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_in_at", sa.BigInteger(), nullable=True),
        sa.Column("first_out_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", "mailbox_id", name=op.f("pk_correspondent")),
    )
    op.create_index(op.f("ix_correspondent_last_at"), "correspondent", ["last_at"], unique=False)
    op.create_table(
        "private_mail_use",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=255), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("forwarded", sa.Integer(), nullable=False),
        sa.Column("own_private", sa.Integer(), nullable=False),
        sa.Column("official_private", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "account_id", "agency_id", "provider", name=op.f("pk_private_mail_use")),
    )
    op.create_index(op.f("ix_private_mail_use_agency_id"), "private_mail_use", ["agency_id"], unique=False)
    op.create_table(
        "known_network",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(length=50), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "network", name=op.f("pk_known_network")),
    )


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("recipients", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("found_in", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(length=16), nullable=False),
        sa.Column("sealed_file", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("copies_removed", sa.Integer(), nullable=False),
        sa.Column("report", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=320), server_default=sa.text("''"), nullable=False),
        sa.Column("closed_reason", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("mistaken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    op.create_index(op.f("ix_incident_agency_id"), "incident", ["agency_id"], unique=False)
    op.create_index(op.f("ix_incident_code"), "incident", ["code"], unique=False)
    op.create_index(op.f("ix_incident_opened_at"), "incident", ["opened_at"], unique=False)
    op.create_table(
        "incident_fingerprint",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("mistaken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_fingerprint_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_incident_fingerprint")),
    )
    op.create_index(op.f("ix_incident_fingerprint_incident_id"), "incident_fingerprint", ["incident_id"], unique=False)
    op.create_table(
        "incident_copy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("stored_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(length=1000), server_default=sa.text("''"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_copy_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_copy")),
    )
    op.create_index(op.f("ix_incident_copy_due_at"), "incident_copy", ["due_at"], unique=False)
    op.create_index(op.f("ix_incident_copy_incident_id"), "incident_copy", ["incident_id"], unique=False)
