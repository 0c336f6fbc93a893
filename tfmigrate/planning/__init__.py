"""Decides what becomes of the program: layers, owners, who holds them, and where every file changes."""
