"""Reports that come by mail when their period has closed."""
