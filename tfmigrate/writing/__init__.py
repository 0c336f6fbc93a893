"""The only package that writes users' files: whole, all or nothing per group, and so that it can be taken back.

`apply` leads through `Run` (run.py), which writes a journal before it touches a file (journal.py); `undo`, and every
run after one that was killed, takes the journal back (undoing.py).
"""
