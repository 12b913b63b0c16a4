"""What the overview lists: what waits for somebody, and the steps of a new installation."""
