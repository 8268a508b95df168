"""Maps and tables as files for people who have none of our software."""
