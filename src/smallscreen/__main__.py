"""`python -m smallscreen` is `smallscreen`."""

from smallscreen.cli import main

main()
