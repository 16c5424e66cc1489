"""One diagnosis per file, the file named as the rule; `book` collects them.

Each system has a package of its own.

A rule is a pure function from a case to findings. A rule that reads log text names
the markers it looks for in `MARKERS`: the book finds them all in one pass over the
lines, and the rule reads `case.marked[marker]`.
A rule whose findings are the cause of another rule's names that one in `EXPLAINS`. One
whose findings tell all that another rule's would say of the same subject names that
one in `REPLACES`.
"""
