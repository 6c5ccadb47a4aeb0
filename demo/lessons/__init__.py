"""The lesson: its steps as data, what completes them, and the learner's own figures."""
