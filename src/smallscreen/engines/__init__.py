"""Doors to the outside: models, embedders, fonts, codecs. Nothing here knows what a series is."""
