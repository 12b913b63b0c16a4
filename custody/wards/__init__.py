"""What is open of a ward goes on where the ward does, and reports name wards as of that day."""
