"""The rules the platform holds, as tests; the folders mirror the package."""
