"""What happens: an assembly is a generator that does no I/O, and drivers that carry its requests out."""
