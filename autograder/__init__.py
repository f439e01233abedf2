"""Grades notebooks: tests run outside the student's process, and are proved on a bank of answers.

`python -m autograder`, or `autograder`, is the command line. CONTRIBUTING.md says where things are.
"""
