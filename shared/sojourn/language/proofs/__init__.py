"""Proofs: what will never work in a journey that is otherwise right. A proof is never wrong."""
