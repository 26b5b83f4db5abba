"""lines that people change: versions, history, accounts, the audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Added one by one, not in a batch: SQLite then keeps the table and its rows where they are.
    op.add_column("draft", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "draft", sa.Column("status", sa.String(length=16), server_default="drafted", nullable=False)
    )
    op.add_column("draft", sa.Column("changed_by", sa.Text(), server_default="", nullable=False))
    op.add_column("draft", sa.Column("changed_at", sa.String(length=40), server_default="", nullable=False))
    op.create_table(
        "line_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("cue", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("strategy", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_line_change_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_change")),
        sa.UniqueConstraint(
            "edition_id", "cue", "version", name=op.f("uq_line_change_edition_id_cue_version")
        ),
    )
    # What was drafted before has a history too, so that the first change of a line loses no words.
    op.execute(
        """
        INSERT INTO line_change
            (edition_id, cue, version, text, status, strategy, reason, origin, who, at)
        SELECT edition_id, cue, version, text, status, strategy, reason, origin, origin, changed_at
        FROM draft ORDER BY edition_id, cue
        """
    )
    op.create_index(op.f("ix_decision_series_id_edition_id"), "decision", ["series_id", "edition_id"])
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "login",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("seen_at", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_account_id"), "login", ["account_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_audit_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_series_id"), "audit", ["series_id"])


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("login")
    op.drop_table("account")
    op.drop_index(op.f("ix_decision_series_id_edition_id"), "decision")
    op.drop_table("line_change")
    for name in ("changed_at", "changed_by", "status", "version"):
        op.drop_column("draft", name)
