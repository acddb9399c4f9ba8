"""The command line of textkit: it parses arguments, calls the library, and prints."""
