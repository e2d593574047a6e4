"""Alembic's entry: it works on the connection that `store/migrate.py` hands it."""

from alembic import context

from mailhub.store.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=METADATA, render_as_batch=True, transaction_per_migration=False
)
context.run_migrations()
