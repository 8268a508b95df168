"""Pages: what HTML says and how it is rendered, from figures and reports that exist."""
