"""The commands, a file a theme: each parses, calls one function of the library and prints what it wrote."""
