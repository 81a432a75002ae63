"""The model and the catalogue as texts: the specification, tables, Promela."""
