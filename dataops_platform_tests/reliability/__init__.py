"""Every fault we could think of, made to happen: what the platform promises to keep, kept."""
