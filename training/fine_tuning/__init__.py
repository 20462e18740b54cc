"""Fine-tuning an encoder: from data sets to an encoder folder, in a run that can be continued.

Read in this order: :mod:`config` (the choices), :mod:`data` (what is trained and measured on),
:mod:`model` (trainable and loss as one module), :mod:`trainer` (the loop), :mod:`run` (all of it).
"""
