"""The specification as a page: SPEC.md with a list of contents, a search, and a picture of what each action moves."""
