"""Scene detectors, one file each; see `detector.Detector`."""
