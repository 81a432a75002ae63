"""The simulator: whole rings in virtual time, on a network that fails by a script. Only here is chance."""
