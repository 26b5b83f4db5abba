"""What a film shows, as hashes and motion: made in one pass, compared by `rights.align`."""

from smallscreen.rights.picture.terms import terms
from smallscreen.rights.picture.track import PictureBuilder

__all__ = ["PictureBuilder", "terms"]
