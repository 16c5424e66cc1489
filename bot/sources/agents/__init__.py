"""The agents: a brain, GPU agents and workers around a folder of task files."""
