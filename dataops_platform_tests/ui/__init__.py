"""This room holds what people do in Dagster's pages, done in a real browser against a real server and daemon."""
