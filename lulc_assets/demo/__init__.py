"""The demos: the whole lineage on simulated and on real scenes, with one command."""
