"""The commands of `ringplug`, by what they are for."""
