"""One file a finder; `smallscreen.localize.barriers.finders()` lists them."""
