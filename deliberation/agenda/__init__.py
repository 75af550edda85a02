"""What is put to an assembly: questions that researchers write, questions that a user types, and their evidence."""
