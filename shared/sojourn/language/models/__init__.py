"""The forms of every kind of file: what keys it may have, and what they mean to an editor."""
