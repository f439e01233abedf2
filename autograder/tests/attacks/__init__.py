"""A class of attackers, graded for real: what each earned, and what was left behind.

`table` says what they try; `run` lets them. `python -m autograder attack` shows the outcome for the
grader and the machine at hand.
"""
