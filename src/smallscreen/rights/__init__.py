"""Is this video ours, and which seconds of it: fingerprints, search, matches, evidence."""
