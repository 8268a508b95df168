"""Networks, training, evaluation, promotion and the bundle that inference runs."""
