"""What can be proved about a hub, a module a subject. Each check is a function from `Ground` to `Verdict`."""
