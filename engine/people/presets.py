"""Groups of gallery people that are worth forgetting together.

Filled in with the names of the embedded gallery; the first group is the one that
`mini-without-five.safetensors` never saw.
"""
