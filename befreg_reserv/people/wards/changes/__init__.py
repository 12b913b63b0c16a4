"""A ward opens, is renamed, merged, split or closed; what was open of it goes on elsewhere."""
