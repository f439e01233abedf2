"""The student's side: everything that is bound into the sandbox, and nothing else.

`forkserver` forks a `shell` for each submission; `namespace` serves the notebook's names to the
host over a `protocol` whose messages are made by `wire`; `box` isolates the process, up to its
`limits`. No module here imports anything else of this package: no test, no answer, no mark.
"""
