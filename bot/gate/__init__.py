"""The one way through to everything that changes the world.

An action is planned and offered; a person presses; the gate asks who that is, takes the
offer once, looks at the world again, and carries out what is still due, each step
written down before and after.
"""
