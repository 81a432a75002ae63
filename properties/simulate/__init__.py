"""Simulated runs of the reference ring: recorded, judged, reduced, and many of them counted."""
