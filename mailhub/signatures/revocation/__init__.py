"""What issuers say of their certificates: asked at pinned addresses only, kept, and carried into closed networks."""
