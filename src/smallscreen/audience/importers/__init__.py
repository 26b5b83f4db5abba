"""Importers, one file each: Parquet, CSV, JSON Lines, Snowplow media, Mux views, a mapping."""
