"""One file a reader; `smallscreen.story.readers.readers()` will list them."""
