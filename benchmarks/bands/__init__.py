"""RGB, six or ten bands on the same labels."""
