"""Figures, not tests. `python -m bench` runs every benchmark; `python -m bench.NAME` runs one."""
