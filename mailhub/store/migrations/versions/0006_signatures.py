"""Signatures: whom we trust, what issuers said of certificates, what was judged, what was sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("file", sa.Column("trust", sa.String(length=64), server_default=sa.text("''"), nullable=False))
    _trust()
    _revocation()
    _verdicts()
    _seals()


def downgrade() -> None:
    """Not written: what these tables hold would be lost. Go back by restoring the backup."""
    raise NotImplementedError


def _trust() -> None:
    op.create_table(
        "known_subject",
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("subscriber", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=320), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("certificate", name=op.f("pk_known_subject")),
    )
    op.create_table(
        "trust_certificate",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("hierarchy", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("ocsp", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.Column("crl", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("dated", sa.String(length=10), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=320), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=700), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=700), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_trust_certificate")),
    )


def _revocation() -> None:
    op.create_table(
        "ocsp_answer",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("this_update", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "serial", name=op.f("pk_ocsp_answer")),
    )
    op.create_table(
        "revocation_list",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=48), server_default=sa.text("''"), nullable=False),
        sa.Column("this_update", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name=op.f("pk_revocation_list")),
    )
    op.create_table(
        "revocation_source",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_revocation_source")),
    )
    op.create_table(
        "revoked_certificate",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "serial", name=op.f("pk_revoked_certificate")),
    )


def _verdicts() -> None:
    op.create_table(
        "signature_verdict",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("complete", sa.String(length=16), nullable=False),
        sa.Column("judged", sa.String(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("trust", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_verdict")),
    )
    op.create_index(
        "ix_signature_verdict_due",
        "signature_verdict",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_signature_verdict_message_id"), "signature_verdict", ["message_id"], unique=False)
    op.create_index("ix_signature_verdict_sha256", "signature_verdict", ["sha256"], unique=False)


def _seals() -> None:
    op.create_table(
        "desk_seal",
        sa.Column("mailbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("on_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_desk_seal")),
    )
    op.create_table(
        "seal_act",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("sealed_code", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("desk", sa.String(length=320), nullable=False),
        sa.Column("clerk", sa.String(length=320), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("doc_type", sa.String(length=16), nullable=False),
        sa.Column("number_symbol", sa.String(length=120), nullable=False),
        sa.Column("original", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(length=32), nullable=True),
        sa.Column("certificate", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("timestamped", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_act")),
    )
    op.create_index(op.f("ix_seal_act_agency_id"), "seal_act", ["agency_id"], unique=False)
    op.create_index(op.f("ix_seal_act_message_id"), "seal_act", ["message_id"], unique=False)
    op.create_index(op.f("ix_seal_act_sealed"), "seal_act", ["sealed"], unique=False)
