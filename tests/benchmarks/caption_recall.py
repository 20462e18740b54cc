"""Caption to photo: hit@k of every caption over all the photos of a folder.

python -m tests.benchmarks.caption_recall CAPTIONS.jsonl --photos DIR [--encoder starter]

A line of the captions is ``{"photo": file name, "captions": [...]}``. With class names for
captions the figures are those of breadth.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from retrieval.encoders import load_encoder
from retrieval.photos.reading import open_image


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("captions", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--encoder", default="starter")
    arguments = parser.parse_args()

    encoder = load_encoder(arguments.encoder)
    rows = [json.loads(line) for line in arguments.captions.read_text().splitlines() if line]
    photos = np.concatenate(
        [
            encoder.encode_images([open_image(arguments.photos / row["photo"], encoder.image_size)])
            for row in rows
        ]
    )
    texts = [caption for row in rows for caption in row["captions"]]
    own = np.repeat(np.arange(len(rows)), [len(row["captions"]) for row in rows])
    scores = encoder.encode_texts(texts) @ photos.T
    ranks = (scores > scores[np.arange(len(texts)), own][:, None]).sum(axis=1)
    figures = {f"hit@{k}": round(float((ranks < k).mean()), 4) for k in (1, 5, 10, 30)}
    print(json.dumps({"photos": len(rows), "texts": len(texts), **figures}))


if __name__ == "__main__":
    main()
