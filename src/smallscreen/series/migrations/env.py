"""Run by Alembic; the connection is given by `database.open_database`."""

from alembic import context

from smallscreen.series.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
