"""The containers that are opened: films and sounds, told by their content and not by their name.

A playlist or a list of files (HLS, ffconcat) is none of them: FFmpeg would follow it to other files, so that
somebody else's "film" could put a file of this machine into a picture.
"""

from __future__ import annotations

FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,wav,mp3,aac,flac,aiff,mxf,gif,rm,dv,h264,hevc,ivf,nut"
OPTIONS = {"format_whitelist": FORMATS}
"""What `av.open` is given."""
