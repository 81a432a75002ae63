"""The stateful engine: random runs, drawn from a seed and watched."""
