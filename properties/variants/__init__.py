"""What each variant, mutant and set of decisions breaks."""
