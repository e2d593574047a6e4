"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_address", sa.String(length=320), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["agency.id"], name=op.f("fk_agency_parent_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    op.create_index(op.f("ix_agency_parent_id"), "agency", ["parent_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("actor_ip", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_actor"), "audit_log", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"], unique=False)
    op.create_index(op.f("ix_audit_log_object"), "audit_log", ["object"], unique=False)
    op.create_table(
        "directory_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_version")),
    )
    op.create_table(
        "domain",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.Column("official_from", sa.Date(), nullable=True),
        sa.Column("official_until", sa.Date(), nullable=True),
        sa.Column("receives", sa.Boolean(), nullable=False),
        sa.Column("alias_of", sa.String(length=255), nullable=True),
        sa.Column("home", sa.String(length=320), nullable=False),
        sa.Column("relay", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alias_of"], ["domain.name"], name=op.f("fk_domain_alias_of_domain")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_domain")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_code"), "event", ["code"], unique=False)
    op.create_index(
        "ix_event_refused",
        "event",
        ["recipient"],
        unique=False,
        sqlite_where=sa.text("message_id IS NULL"),
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.create_table(
        "install_key",
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_install_key")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False),
        sa.Column("last_wrong", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account", "network", name=op.f("pk_login_throttle")),
    )
    op.create_index(op.f("ix_login_throttle_last_at"), "login_throttle", ["last_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("sender_verified", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=1000), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("spool_file", sa.String(length=120), nullable=False),
        sa.Column("spool_offset", sa.BigInteger(), nullable=False),
        sa.Column("spool_length", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.LargeBinary(), nullable=False),
        sa.Column("cuts", sa.String(length=2000), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("dkim", sa.LargeBinary(), nullable=True),
        sa.Column("utf8", sa.Boolean(), nullable=False),
        sa.Column("eight_bit", sa.Boolean(), nullable=False),
        sa.Column("dsn_ret", sa.String(length=4), nullable=True),
        sa.Column("dsn_envid", sa.String(length=100), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("junk", sa.Boolean(), nullable=False),
        sa.Column("derived_from", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_code"), "message", ["code"], unique=False)
    op.create_index(
        "ix_message_fingerprint",
        "message",
        ["fingerprint", "received_at"],
        unique=False,
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )
    op.create_index(op.f("ix_message_message_id"), "message", ["message_id"], unique=False)
    op.create_index("ix_message_spool", "message", ["spool_file"], unique=False)
    op.create_table(
        "mail_group",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_mail_group_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_group")),
        sa.UniqueConstraint("address", name=op.f("uq_mail_group_address")),
    )
    op.create_index(op.f("ix_mail_group_agency_id"), "mail_group", ["agency_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_agency_id"), "person", ["agency_id"], unique=False)
    op.create_table(
        "recipient",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("original", sa.String(length=500), nullable=True),
        sa.Column("notify", sa.String(length=30), nullable=False),
        sa.Column("destination", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease", sa.String(length=120), nullable=True),
        sa.Column("last_reply", sa.String(length=1000), nullable=True),
        sa.Column("delay_notified", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_recipient_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
    )
    op.create_index(op.f("ix_recipient_address"), "recipient", ["address"], unique=False)
    op.create_index(
        "ix_recipient_due",
        "recipient",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_recipient_message_id"), "recipient", ["message_id"], unique=False)
    op.create_index(
        "ix_recipient_original",
        "recipient",
        ["original"],
        unique=False,
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("may_login", sa.Boolean(), nullable=False),
        sa.Column("may_send", sa.Boolean(), nullable=False),
        sa.Column("receives", sa.Boolean(), nullable=False),
        sa.Column("refuses_while_suspended", sa.Boolean(), nullable=False),
        sa.Column("home", sa.String(length=320), nullable=True),
        sa.Column("quota_mib", sa.Integer(), nullable=True),
        sa.Column("unit_address", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind <> 'personal' OR person_id IS NOT NULL", name=op.f("ck_mailbox_personal_has_person")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_mailbox_agency_id_agency")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mailbox_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("address", name=op.f("uq_mailbox_address")),
        sa.UniqueConstraint("person_id", name=op.f("uq_mailbox_person_id")),
    )
    op.create_index(op.f("ix_mailbox_agency_id"), "mailbox", ["agency_id"], unique=False)
    op.create_table(
        "address",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'group') = (group_id IS NOT NULL) AND (kind <> 'group') = (mailbox_id IS NOT NULL)",
            name=op.f("ck_address_leads_to_one"),
        ),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name=op.f("fk_address_domain_domain")),
        sa.ForeignKeyConstraint(["group_id"], ["mail_group.id"], name=op.f("fk_address_group_id_mail_group")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_address_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_address")),
    )
    op.create_index("ix_address_domain", "address", ["domain"], unique=False)
    op.create_index(op.f("ix_address_group_id"), "address", ["group_id"], unique=False)
    op.create_index(op.f("ix_address_mailbox_id"), "address", ["mailbox_id"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=300), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_credential_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("mailbox_id", "kind", name="uq_credential_mailbox_id_kind"),
    )
    op.create_table(
        "group_member",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.String(length=320), nullable=False),
        sa.Column("member_mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("member_group_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["mail_group.id"], name=op.f("fk_group_member_group_id_mail_group")),
        sa.ForeignKeyConstraint(
            ["member_group_id"], ["mail_group.id"], name=op.f("fk_group_member_member_group_id_mail_group")
        ),
        sa.ForeignKeyConstraint(
            ["member_mailbox_id"], ["mailbox.id"], name=op.f("fk_group_member_member_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_member")),
        sa.UniqueConstraint("group_id", "member", name="uq_group_member_group_id_member"),
    )
    op.create_index(op.f("ix_group_member_group_id"), "group_member", ["group_id"], unique=False)
    op.create_index(op.f("ix_group_member_member_group_id"), "group_member", ["member_group_id"], unique=False)
    op.create_index(op.f("ix_group_member_member_mailbox_id"), "group_member", ["member_mailbox_id"], unique=False)
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("hints", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_login_attempt_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_mailbox", "login_attempt", ["mailbox_id", "id"], unique=False)
    op.create_table(
        "role_holder",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["mailbox.id"], name=op.f("fk_role_holder_holder_id_mailbox")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_role_holder_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_holder")),
    )
    op.create_index(op.f("ix_role_holder_from_at"), "role_holder", ["from_at"], unique=False)
    op.create_index(op.f("ix_role_holder_holder_id"), "role_holder", ["holder_id"], unique=False)
    op.create_index(op.f("ix_role_holder_mailbox_id"), "role_holder", ["mailbox_id"], unique=False)
    op.create_index(op.f("ix_role_holder_until_at"), "role_holder", ["until_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_role_holder_until_at"), table_name="role_holder")
    op.drop_index(op.f("ix_role_holder_mailbox_id"), table_name="role_holder")
    op.drop_index(op.f("ix_role_holder_holder_id"), table_name="role_holder")
    op.drop_index(op.f("ix_role_holder_from_at"), table_name="role_holder")
    op.drop_table("role_holder")
    op.drop_index("ix_login_attempt_mailbox", table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_index(op.f("ix_group_member_member_mailbox_id"), table_name="group_member")
    op.drop_index(op.f("ix_group_member_member_group_id"), table_name="group_member")
    op.drop_index(op.f("ix_group_member_group_id"), table_name="group_member")
    op.drop_table("group_member")
    op.drop_table("credential")
    op.drop_index(op.f("ix_address_mailbox_id"), table_name="address")
    op.drop_index(op.f("ix_address_group_id"), table_name="address")
    op.drop_index("ix_address_domain", table_name="address")
    op.drop_table("address")
    op.drop_index(op.f("ix_mailbox_agency_id"), table_name="mailbox")
    op.drop_table("mailbox")
    op.drop_index(
        "ix_recipient_original",
        table_name="recipient",
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    )
    op.drop_index(op.f("ix_recipient_message_id"), table_name="recipient")
    op.drop_index(
        "ix_recipient_due",
        table_name="recipient",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_recipient_address"), table_name="recipient")
    op.drop_table("recipient")
    op.drop_index(op.f("ix_person_agency_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_mail_group_agency_id"), table_name="mail_group")
    op.drop_table("mail_group")
    op.drop_index("ix_message_spool", table_name="message")
    op.drop_index(op.f("ix_message_message_id"), table_name="message")
    op.drop_index(
        "ix_message_fingerprint",
        table_name="message",
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )
    op.drop_index(op.f("ix_message_code"), table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_login_throttle_last_at"), table_name="login_throttle")
    op.drop_table("login_throttle")
    op.drop_table("install_key")
    op.drop_index(
        "ix_event_refused",
        table_name="event",
        sqlite_where=sa.text("message_id IS NULL"),
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.drop_index(op.f("ix_event_code"), table_name="event")
    op.drop_table("event")
    op.drop_table("domain")
    op.drop_table("directory_version")
    op.drop_index(op.f("ix_audit_log_object"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_at"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_actor"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_agency_parent_id"), table_name="agency")
    op.drop_table("agency")
