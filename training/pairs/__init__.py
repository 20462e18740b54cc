"""What an encoder is fine-tuned on: photos, and what is said of them.

The way of the data: :func:`training.pairs.read.read_examples` reads the files,
:func:`training.pairs.photos.usable` leaves out photos that cannot be opened,
:mod:`training.pairs.splits` keeps train, dev and test apart, and
:class:`training.pairs.items.Items` draws the texts of an epoch.
"""
