"""Voice engines, one file each; `smallscreen.engines.voice` finds them."""
