"""The commands, one file per theme: each parses, calls one function of the library and prints what it wrote."""
