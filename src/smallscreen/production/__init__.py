"""The production room: what must be shot, when, at what cost; what a re-shoot for a market costs."""
