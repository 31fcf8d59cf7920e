"""What is measured, a module for each question. Each returns bars and tables."""
