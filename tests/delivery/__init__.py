"""Tests of mailhub/delivery, against real sockets."""
