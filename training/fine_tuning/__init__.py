"""Fine-tuning an encoder: the run from pairs to an encoder folder, which a kill cannot spoil.

Read in this order: :mod:`plan` (the choices), :mod:`data` (what is trained and measured on),
:mod:`model` (tower and loss as one module), :mod:`trainer` (the loop), :mod:`run` (all of it).
"""
