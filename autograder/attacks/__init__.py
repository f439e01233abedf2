"""A class of attackers, graded for real: what each earned, and what was left behind.

`table` says what they try, `handed_in` how a file can be spoilt; `run` hands all of it in and
grades it. `autograder attack` shows the outcome for the grader and the machine at hand.
"""
