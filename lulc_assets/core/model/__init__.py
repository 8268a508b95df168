"""The model that runs: network, graph, bundle, calibration; loads without the training stack."""
