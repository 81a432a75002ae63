"""A cluster of real processes on this machine: started, disturbed, watched, judged, and gone without a trace."""
