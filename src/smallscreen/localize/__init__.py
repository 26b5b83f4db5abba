"""What will not travel, what we do about it, and whether the result fits this market's screen."""
