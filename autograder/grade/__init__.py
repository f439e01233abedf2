"""From a submitted file to a result record.

submission   the file, read once → the instructor's notebook with the student's answers in it
records      a task for each submission; its result is computed once and kept as one file
grading      one submission: the student's run, then the tests
run          the cells of a submission, in a shell that is replaced when it dies
process      a process of its own in which test cells are judged
judge        one test cell against the names of a shell
recognise    the known-wrong answer that a wrong one behaves like
reference    the instructor's own code, run once; proof that tests pass on it
"""
