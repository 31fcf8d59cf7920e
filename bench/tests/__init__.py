"""The benchmark's own arithmetic, its SQL, and how it reads CPU time."""
