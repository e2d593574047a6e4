"""The web, second part: when, by whom and by which decision the holding of an office was entered."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_EPOCH_MS = 1_735_689_600_000  # of row numbers (mailhub/ids.py), which begin with the moment they were made


def upgrade() -> None:
    _holdings()
    _seals()


def downgrade() -> None:
    """Not written: what these columns hold would be lost. Go back by restoring the backup."""
    raise NotImplementedError


def _holdings() -> None:
    op.add_column("role_holder", sa.Column("entered_at", sa.BigInteger(), nullable=True))
    for name, length in (("entered_by", 320), ("because", 500)):
        column = sa.Column(name, sa.String(length=length), server_default=sa.text("''"), nullable=False)
        op.add_column("role_holder", column)
    op.execute(f"UPDATE role_holder SET entered_at = (id >> 22) + {_EPOCH_MS}")  # noqa: S608 - a number of ours


def _seals() -> None:
    """Lists of documents ask of each whether a sealed copy took its place."""
    op.create_index(op.f("ix_seal_act_original"), "seal_act", ["original"])
