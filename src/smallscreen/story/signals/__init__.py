"""One file a signal."""
