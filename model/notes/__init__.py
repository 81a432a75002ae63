"""What is said of the model beside it: decisions, abstractions, the glossary, the clauses of the mail."""
