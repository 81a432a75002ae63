"""Lockstep: an implementation of the plug layer and the machine take the same steps, and are compared after each."""
