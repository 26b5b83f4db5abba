"""What pages show, as pydantic models built from a store: no HTTP in here. One file a page."""
