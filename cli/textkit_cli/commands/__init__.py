"""One file a command, imported when the command is named; `textkit_cli.main` says how they are made."""
