"""Judging: agreement with gold windows, the verdict on a candidate, and its bundle."""
