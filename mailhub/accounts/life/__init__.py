"""The life of an account: requests, leave, ends, reviews, what is told, and the kill switch's proof."""
