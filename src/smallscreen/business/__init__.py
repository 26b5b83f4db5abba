"""What a series earns under free, paid and mixed models, and where the next unit of money does most."""
