"""Documents as records: files by their hash, documents, attachments, corrections, and the index for searching."""

import sqlalchemy as sa
from alembic import op

from mailhub.registry.index import create_index_tables, drop_index_tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _files_and_documents()
    _attachments()
    _beside_documents()
    create_index_tables(op.get_bind())


def _files_and_documents() -> None:
    op.create_table(
        "file",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reader_version", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("doc_type", sa.String(length=16), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("number_symbol", sa.String(length=120), nullable=False),
        sa.Column("issue_date", sa.String(length=10), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("parent_issuer", sa.String(length=300), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("signer", sa.String(length=120), nullable=False),
        sa.Column("signer_authority", sa.String(length=200), nullable=False),
        sa.Column("urgency", sa.String(length=20), nullable=False),
        sa.Column("secrecy", sa.String(length=20), nullable=False),
        sa.Column("labels", sa.String(length=500), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("unsure", sa.String(length=300), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("corrected_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("sha256", name=op.f("uq_document_sha256")),
    )
    op.create_index(
        "ix_document_identity",
        "document",
        ["identity"],
        unique=False,
        sqlite_where=sa.text("identity IS NOT NULL"),
        postgresql_where=sa.text("identity IS NOT NULL"),
    )
    op.create_index(op.f("ix_document_corrected_at"), "document", ["corrected_at"], unique=False)


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("declared", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("sender_agency_id", sa.BigInteger(), nullable=True),
        sa.Column("desk_agency_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("message_id", "path", name="uq_attachment_message_id_path"),
    )
    op.create_index(op.f("ix_attachment_code"), "attachment", ["code"], unique=False)
    op.create_index(op.f("ix_attachment_document_id"), "attachment", ["document_id"], unique=False)
    op.create_index(op.f("ix_attachment_sha256"), "attachment", ["sha256"], unique=False)


def _beside_documents() -> None:
    of_document = sa.ForeignKeyConstraint
    op.create_table(
        "document_agency",
        sa.Column("document_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("desk", sa.Boolean(), nullable=False),
        of_document(["document_id"], ["document.id"], name=op.f("fk_document_agency_document_id_document")),
        sa.PrimaryKeyConstraint("document_id", "agency_id", name=op.f("pk_document_agency")),
    )
    op.create_table(
        "document_text",
        sa.Column("document_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        of_document(["document_id"], ["document.id"], name=op.f("fk_document_text_document_id_document")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_text")),
    )
    op.create_table(
        "document_link",
        sa.Column("document_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        of_document(["document_id"], ["document.id"], name=op.f("fk_document_link_document_id_document")),
        of_document(["other_id"], ["document.id"], name=op.f("fk_document_link_other_id_document")),
        sa.PrimaryKeyConstraint("document_id", "other_id", name=op.f("pk_document_link")),
    )
    op.create_index(op.f("ix_document_link_other_id"), "document_link", ["other_id"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("recognised", sa.String(length=1000), nullable=False),
        sa.Column("corrected", sa.String(length=1000), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        of_document(["document_id"], ["document.id"], name=op.f("fk_correction_document_id_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_document_id"), "correction", ["document_id"], unique=False)


def downgrade() -> None:
    drop_index_tables(op.get_bind())
    for name in ("correction", "document_link", "document_text", "document_agency", "attachment", "document", "file"):
        op.drop_table(name)
