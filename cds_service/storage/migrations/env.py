"""How Alembic reaches the database: by the connection that it is handed."""

from alembic import context

from cds_service.storage.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
