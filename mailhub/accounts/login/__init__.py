"""What people log in with: app passwords, second factor, slips and recovery, hashes of older systems."""
