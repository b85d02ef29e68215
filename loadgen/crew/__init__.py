"""One run by several workers, each a process of its own with a shard of the plan, and one leader.

`leader` decides, and touches nothing: it is told what workers say and what becomes of them, and gives orders.
How the words travel is a link: `processes` for workers on this machine, `cluster` for those of a Dask
scheduler, where an `errand` starts the same process.
"""
