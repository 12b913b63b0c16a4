"""SQL: composed with less work, composed once, and what both databases say alike."""
