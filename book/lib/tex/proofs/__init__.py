"""Proofs of printed equations for symbolic sizes, on the tree of `lib.tex.grammar`."""
