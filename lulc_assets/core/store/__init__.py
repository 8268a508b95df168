"""Where products live: an object store with conditional writes, commit records, publishing."""
