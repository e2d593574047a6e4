"""Messages held until what is attached has been read, and the header fields that only our own mailboxes get."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("local_prefix", sa.LargeBinary(), server_default=sa.text("''"), nullable=False))
    op.add_column("recipient", sa.Column("held_for", sa.String(length=16), nullable=True))
    op.execute("UPDATE recipient SET held_for = 'person' WHERE state = 'held'")
    op.create_table(
        "pending_inspection",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.String(length=120), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_pending_inspection_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_pending_inspection")),
    )
    op.create_index(op.f("ix_pending_inspection_due_at"), "pending_inspection", ["due_at"])


def downgrade() -> None:
    op.drop_table("pending_inspection")
    op.drop_column("recipient", "held_for")
    op.drop_column("message", "local_prefix")
