"""The host's side of the sandbox: it starts the student's processes and holds them by handles.

host process                   forkserver                     shell (one per submission)
Sandbox ── control socket ───▶ Forkserver ── fork ──────────▶ serve_notebook
Shell ◀────── questions and answers over a socket handed in as a descriptor ──▶ Namespace
      ◀── status socket ─────▶ kills the shell when the host closes it, and
                               closes it when the shell has ended
"""
