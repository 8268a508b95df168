"""What nobody can leave out, each alone: the limit that benchmarks compare with."""
