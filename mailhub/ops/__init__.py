"""What keeps a hub running and shows that it does: creation, demonstration, doctor."""
