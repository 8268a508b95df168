"""The simulated ground: terrain, parcels, settlements, spectra, seasons and change."""
