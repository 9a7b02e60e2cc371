"""This room holds the rules of the demo: its S3 server and its landing files."""
