"""What becomes of clinics: each act is a change of all their wards, by ``changes``."""
