"""What maps will cost, learnt from what maps did cost."""
