"""Grades the exercises of the book: `python -m autograder` is its command line."""
