"""Data sets of photos and texts about them: captions, dialogues and descriptors.

The way of the data: :func:`training.datasets.read.read_examples` reads the files,
:func:`training.datasets.photos.usable` leaves out photos that cannot be opened,
:mod:`training.datasets.splits` keeps train, dev and test apart, and
:class:`training.datasets.text_photo.TextPhotoDataset` draws the texts of an epoch.
"""
