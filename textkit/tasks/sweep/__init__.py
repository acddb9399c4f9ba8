"""Many trainings that differ in a few settings: `plan` says which, `running` has them done, `table` and
`plot` show how good each is on validation texts."""
