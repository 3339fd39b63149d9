r"""What keeps a run fast, whole and alive, so that `training` need not speak of it.

`session` is the loop around the steps, `directory` what a run leaves on disk, `storage` how a file
is written whole, `graphs` precision and CUDA graphs, `processes` several processes at once.
"""
