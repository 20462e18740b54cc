"""Fine-tuning an encoder: the run from data sets to an encoder folder, which a kill cannot spoil.

Read in this order: :mod:`config` (the choices), :mod:`data` (what is trained and measured on),
:mod:`model` (trainable and loss as one module), :mod:`trainer` (the loop), :mod:`run` (all of it).
"""
