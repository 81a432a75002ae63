"""`python -m ringplug` is the command line."""

from __future__ import annotations

from properties.cli.main import main

if __name__ == "__main__":
    main()
