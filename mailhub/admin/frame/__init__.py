"""What every page shares: routes with their access, one visit, forms, faults, words, assets."""
