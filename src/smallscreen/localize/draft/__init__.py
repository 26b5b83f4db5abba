"""Draft: words for every cue, from files, from a model at an endpoint, or from the small local model.

`files.from_files`, `model.from_model` for one episode and `model.draft_series` for many; each gives a
`result.DraftSet`. What could not be drafted is a finding there, never silently missing.
"""
