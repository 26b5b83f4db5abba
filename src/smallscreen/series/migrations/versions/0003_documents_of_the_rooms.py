"""documents of the rooms: what production keeps of a series"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_document_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", "room", "key", name=op.f("pk_document")),
    )


def downgrade() -> None:
    op.drop_table("document")
