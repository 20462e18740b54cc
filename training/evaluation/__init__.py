"""How well photos are found: systems compared on dialogues whose photo is known.

Start at :func:`training.evaluation.run.evaluate`; ``photopal evaluate`` is its command line.
"""
