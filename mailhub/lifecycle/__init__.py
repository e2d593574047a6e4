"""What happens to accounts by time and by force: letters, the daily schedule, the kill switch, the archive."""
