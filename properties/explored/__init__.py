"""What is asked of a search that has ended: what can still be avoided, what goes round for ever, the graph itself."""
