"""The claims about the recovery plug, the engines that decide them, traces, and the command line."""
