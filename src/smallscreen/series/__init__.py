"""The shared ground: what a series, an edition and a finding are; how they are stored and read from files."""
