"""What is between ground and file: passes, clouds, the sensor, its scene classification."""
