"""Our payments against the gateways' own lists: what was lost on the way is found, and repaired if safe."""
