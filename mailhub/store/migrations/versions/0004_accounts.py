"""Accounts with a life: requests, leave, ends, reviews, proofs of closing; what people log in with; who administers."""

import sqlalchemy as sa
from alembic import op

from mailhub.clock import now_ms
from mailhub.text.folding import fold

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _agencies()
    _domains()
    _mailboxes()
    _sharing()
    _life()
    _login()
    _control()
    _fill()


def downgrade() -> None:
    """Not written: what these tables hold would be lost. Go back by restoring the backup."""
    raise NotImplementedError


def _agencies() -> None:
    op.add_column("agency", sa.Column("folded", sa.String(length=300), server_default=sa.text("''"), nullable=False))
    op.add_column("agency", sa.Column("level", sa.String(length=20), server_default=sa.text("''"), nullable=False))
    op.add_column("agency", sa.Column("identifier", sa.String(length=40), nullable=True))
    op.add_column("agency", sa.Column("former_identifier", sa.String(length=40), nullable=True))
    op.add_column("agency", sa.Column("block", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "ALTER TABLE agency ADD COLUMN domain VARCHAR(255) CONSTRAINT fk_agency_domain_domain REFERENCES domain (name)"
    )
    op.execute(
        "ALTER TABLE agency ADD COLUMN successor_id BIGINT"
        " CONSTRAINT fk_agency_successor_id_agency REFERENCES agency (id)"
    )
    op.add_column("agency", sa.Column("quota_pool_mib", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_agency_former_identifier"), "agency", ["former_identifier"], unique=True)
    op.create_index(op.f("ix_agency_identifier"), "agency", ["identifier"], unique=True)
    op.add_column("person", sa.Column("folded", sa.String(length=200), server_default=sa.text("''"), nullable=False))
    op.add_column("person", sa.Column("rank", sa.String(length=16), server_default=sa.text("'staff'"), nullable=False))
    op.add_column("person", sa.Column("employment", sa.String(length=16), server_default=sa.text("''"), nullable=False))
    op.add_column("person", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("identifier_digest", sa.LargeBinary(), nullable=True))
    op.add_column("person", sa.Column("phone", sa.String(length=32), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "person", sa.Column("recovery_address", sa.String(length=320), server_default=sa.text("''"), nullable=False)
    )
    op.create_index(op.f("ix_person_folded"), "person", ["folded"], unique=False)
    op.create_index(op.f("ix_person_identifier_digest"), "person", ["identifier_digest"], unique=True)


def _domains() -> None:
    op.add_column("domain", sa.Column("receives_until", sa.Date(), nullable=True))
    op.execute(
        "ALTER TABLE domain ADD COLUMN renamed_to VARCHAR(255)"
        " CONSTRAINT fk_domain_renamed_to_domain REFERENCES domain (name)"
    )


def _mailboxes() -> None:
    op.add_column("mailbox", sa.Column("folded", sa.String(length=800), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "mailbox", sa.Column("former_states", sa.String(length=60), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "mailbox", sa.Column("stored_as", sa.String(length=320), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("mailbox", sa.Column("office", sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "mailbox", sa.Column("listing", sa.String(length=16), server_default=sa.text("'internal'"), nullable=False)
    )
    op.add_column(
        "mailbox", sa.Column("login_closed", sa.String(length=40), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("mailbox", sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("mailbox", sa.Column("last_login_at", sa.BigInteger(), nullable=True))
    op.add_column("mailbox", sa.Column("sessions_from", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("mailbox", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column(
        "mailbox", sa.Column("ends_because", sa.String(length=300), server_default=sa.text("''"), nullable=False)
    )
    op.execute(
        "ALTER TABLE mailbox ADD COLUMN handover_id BIGINT"
        " CONSTRAINT fk_mailbox_handover_id_mailbox REFERENCES mailbox (id)"
    )
    op.add_column("mailbox", sa.Column("retained_until", sa.Date(), nullable=True))
    op.add_column("mailbox", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    op.add_column("mailbox", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "mailbox", sa.Column("legal_hold", sa.String(length=300), server_default=sa.text("''"), nullable=False)
    )
    op.create_index(op.f("ix_mailbox_ends_on"), "mailbox", ["ends_on"], unique=False)
    op.create_index(op.f("ix_mailbox_office"), "mailbox", ["office"], unique=False)
    op.create_index(op.f("ix_mailbox_retained_until"), "mailbox", ["retained_until"], unique=False)


def _sharing() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("right", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("by_order", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["delegate_id"], ["mailbox.id"], name=op.f("fk_delegation_delegate_id_mailbox")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_delegation_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_delegate_id"), "delegation", ["delegate_id"], unique=False)
    op.create_index(op.f("ix_delegation_from_at"), "delegation", ["from_at"], unique=False)
    op.create_index(op.f("ix_delegation_mailbox_id"), "delegation", ["mailbox_id"], unique=False)
    op.create_index(op.f("ix_delegation_until_at"), "delegation", ["until_at"], unique=False)
    op.create_table(
        "group_officer",
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["mail_group.id"], name=op.f("fk_group_officer_group_id_mail_group")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_group_officer_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("group_id", "mailbox_id", "task", name=op.f("pk_group_officer")),
    )
    op.add_column("mail_group", sa.Column("rule", sa.String(length=1000), nullable=True))
    op.execute(
        "ALTER TABLE mail_group ADD COLUMN owner_id BIGINT"
        " CONSTRAINT fk_mail_group_owner_id_mailbox REFERENCES mailbox (id)"
    )
    op.add_column(
        "mail_group", sa.Column("senders", sa.String(length=16), server_default=sa.text("'anyone'"), nullable=False)
    )
    op.add_column("mail_group", sa.Column("moderated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("mail_group", sa.Column("ended_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_mail_group_owner_id"), "mail_group", ["owner_id"], unique=False)
    # What waits for a group's moderator.
    op.add_column(
        "recipient", sa.Column("held_about", sa.String(length=200), server_default=sa.text("''"), nullable=False)
    )
    op.create_table(
        "pending_moderation",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_pending_moderation_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", "group_id", name=op.f("pk_pending_moderation")),
    )
    op.create_index(op.f("ix_pending_moderation_until"), "pending_moderation", ["until"], unique=False)
    # What is sent from a shared mailbox is filed there, and who opens one is written down.
    op.add_column("recipient", sa.Column("purpose", sa.String(length=16), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "recipient", sa.Column("sent_by", sa.String(length=320), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "login_attempt", sa.Column("about", sa.String(length=320), server_default=sa.text("''"), nullable=False)
    )


def _life() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("to_address", sa.String(length=320), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=True),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=100), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("about", name="uq_letter_about"),
    )
    op.create_index(
        "ix_letter_waiting",
        "letter",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "process_seen",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process_seen")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("name", name=op.f("uq_review_name")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("acting_id", sa.BigInteger(), nullable=True),
        sa.Column("closes_login", sa.Boolean(), nullable=False),
        sa.Column("because", sa.String(length=300), nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["acting_id"], ["mailbox.id"], name=op.f("fk_absence_acting_id_mailbox")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_absence_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_mailbox_id"), "absence", ["mailbox_id"], unique=False)
    op.create_index(op.f("ix_absence_over_at"), "absence", ["over_at"], unique=False)
    op.create_table(
        "account_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(length=300), nullable=False),
        sa.Column("requested_by", sa.String(length=320), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=320), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_request_agency_id_agency")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_account_request_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_request")),
        sa.UniqueConstraint("code", name=op.f("uq_account_request_code")),
    )
    op.create_index(op.f("ix_account_request_agency_id"), "account_request", ["agency_id"], unique=False)
    op.create_index(op.f("ix_account_request_mailbox_id"), "account_request", ["mailbox_id"], unique=False)
    op.create_index("ix_account_request_open", "account_request", ["state", "id"], unique=False)
    op.create_table(
        "closing",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_closing_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing")),
    )
    op.create_index(op.f("ix_closing_done_at"), "closing", ["done_at"], unique=False)
    op.create_index(op.f("ix_closing_mailbox_id"), "closing", ["mailbox_id"], unique=False)
    op.create_index(
        "ix_recipient_held",
        "recipient",
        ["message_id"],
        unique=False,
        sqlite_where=sa.text("held_for IS NOT NULL"),
        postgresql_where=sa.text("held_for IS NOT NULL"),
    )
    op.create_table(
        "review_entry",
        sa.Column("review_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("answered_by", sa.String(length=320), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_review_entry_agency_id_agency")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_review_entry_mailbox_id_mailbox")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_entry_review_id_review")),
        sa.PrimaryKeyConstraint("review_id", "mailbox_id", name=op.f("pk_review_entry")),
    )
    op.create_index(op.f("ix_review_entry_agency_id"), "review_entry", ["agency_id"], unique=False)
    op.create_table(
        "closing_door",
        sa.Column("closing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("door", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("checked", sa.String(length=500), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["closing_id"], ["closing.id"], name=op.f("fk_closing_door_closing_id_closing")),
        sa.PrimaryKeyConstraint("closing_id", "door", name=op.f("pk_closing_door")),
    )


def _login() -> None:
    op.add_column(
        "login_attempt", sa.Column("device", sa.String(length=100), server_default=sa.text("''"), nullable=False)
    )
    op.create_table(
        "app_password",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("last_ip", sa.String(length=64), nullable=False),
        sa.Column("last_service", sa.String(length=32), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_app_password_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_password")),
        sa.UniqueConstraint("prefix", name=op.f("uq_app_password_prefix")),
    )
    op.create_index(op.f("ix_app_password_mailbox_id"), "app_password", ["mailbox_id"], unique=False)
    op.create_table(
        "former_password",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=300), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_former_password_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
    )
    op.create_index(op.f("ix_former_password_mailbox_id"), "former_password", ["mailbox_id"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(length=320), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_one_time_code_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_code")),
        sa.UniqueConstraint("prefix", name=op.f("uq_one_time_code_prefix")),
    )
    op.create_index(op.f("ix_one_time_code_mailbox_id"), "one_time_code", ["mailbox_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_recovery_code_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_mailbox_id"), "recovery_code", ["mailbox_id"], unique=False)
    op.create_table(
        "second_factor",
        sa.Column("mailbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_second_factor_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_second_factor")),
    )


def _control() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_to", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=320), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=320), nullable=False),
        sa.Column("proposer_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=320), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("code", name=op.f("uq_proposal_code")),
    )
    op.create_index(op.f("ix_proposal_expires_at"), "proposal", ["expires_at"], unique=False)
    op.create_table(
        "roster_import",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("planned_by", sa.String(length=320), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("proposal_code", sa.String(length=16), nullable=True),
        sa.Column("applied_by", sa.String(length=320), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_roster_import_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
        sa.UniqueConstraint("code", name=op.f("uq_roster_import_code")),
    )
    op.create_table(
        "roster_row",
        sa.Column("import_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["roster_import.id"], name=op.f("fk_roster_row_import_id_roster_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_roster_row")),
    )
    op.create_index(op.f("ix_roster_row_mailbox_id"), "roster_row", ["mailbox_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["mailbox.id"], name=op.f("fk_role_grant_account_id_mailbox")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_role_grant_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_account_id"), "role_grant", ["account_id"], unique=False)
    op.create_index(op.f("ix_role_grant_agency_id"), "role_grant", ["agency_id"], unique=False)


def _fill() -> None:
    """What older rows lack: the state's new name, and the folded words that searches look at."""
    op.execute("UPDATE mailbox SET state = 'retained' WHERE state = 'ended'")
    connection = op.get_bind()
    # Nobody wrote logins down before: the days without one count from now, or every old account would be idle at once.
    connection.execute(sa.text("UPDATE mailbox SET last_login_at = :now"), {"now": now_ms()})
    for table, words in (("agency", "name"), ("person", "full_name")):
        for number, text in connection.execute(sa.text(f"SELECT id, {words} FROM {table}")).all():  # noqa: S608
            connection.execute(
                sa.text(f"UPDATE {table} SET folded = :folded WHERE id = :id"),  # noqa: S608
                {"folded": fold(text), "id": number},
            )
    rows = connection.execute(sa.text("SELECT id, name, address FROM mailbox")).all()
    for number, name, address in rows:
        folded = {"folded": f"{fold(name)} {address}", "id": number}
        connection.execute(sa.text("UPDATE mailbox SET folded = :folded WHERE id = :id"), folded)
