"""This room holds what a newcomer needs to see the platform work: an S3 server and a shop's landing files."""
