"""What a series makes people feel, how, and where it is formula."""
