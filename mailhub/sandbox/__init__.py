"""Where files from outside are opened: bubblewrap, no network, no disk, limits, a child a message."""
