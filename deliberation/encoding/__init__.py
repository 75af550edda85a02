"""What a lab can use: judgments and rulings turned into training and test data, each row with its provenance."""
