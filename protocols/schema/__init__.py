"""The protocol's types, the sponsor's statements, and loading."""
