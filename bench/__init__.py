"""mailhub and its peers through the same work, in turn, on one machine.

Read `relay.py` first: it is the benchmark. `generator.py` sends, `sink.py` receives and checks, `peers.py` and
`mailhub_peer.py` are the servers in between, `measure.py` is one cell of one round, `report.py` the table.
Everything stays on 127.0.0.1, in a work folder of its own, and ends only the processes that it started.
"""
