"""What grading costs, measured: `python -m autograder.bench`."""
