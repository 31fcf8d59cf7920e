"""What tests, the campaign and the benchmark share: servers, processes, wires, pages.

It imports none of them.
"""
