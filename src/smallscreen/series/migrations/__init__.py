"""Alembic's folder: how a series database grows from one version of the program to the next."""
