"""Wiring: which adapters each function works over, one module a function.

Apart, so that no function's start pays for another's clients.
"""
