"""The programs that send, and record what they are told: one for each system, run inside a node's namespaces."""
