"""smallscreen: from a translated export to an edition made for each market."""

__version__ = "0.1.0"
