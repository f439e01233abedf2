"""What joins the grader to nbgrader, which keeps gradebook, manual marks, feedback and commands.

course       a course folder: submissions, gradebook, feedback, records, the secret salt
hooks        what is put into nbgrader, so that its own commands grade with this package
preparing    the course folder's copy of the assignments, brought up to date
grading      make a course folder, grade it, write its feedback
marks        scores into and out of a notebook's outputs
files        what of a submission is copied
feedback     pages, and what may stand on them
export       grades.csv
"""
