"""An incident in a box: the local stack, and the rows and pods that go wrong on it."""
