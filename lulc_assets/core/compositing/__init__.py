"""From the predictions of a year's scenes to one map, by a vote that is exact to the bit."""
