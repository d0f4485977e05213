"""The input pipeline: what a set of images costs to read, what the machine gives, and which remedy pays."""
