"""What is decided: drafted clauses merged into one list, ballots counted, rulings with their uncertainty."""
