"""Who watched, where they left and why: viewing events, their measures, experiments and claims."""
