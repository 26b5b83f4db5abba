"""The sample series that ships with the program: a complete small series, all our own work."""
