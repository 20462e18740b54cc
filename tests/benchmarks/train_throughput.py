"""Pairs a second that an encoder trains on, by what is computed once and what every step.

python -m tests.benchmarks.train_throughput [--captions FILE.jsonl --photos DIR] [--threads 2]

* *head*: photo vectors and token states are cached, the text head moves.
* *text*: photo vectors are cached, the whole text side moves.
* *plain*: the same step as *head*, in the usual loop: photos are decoded and embedded and texts
  run through the network every time.

A measured step looks up or computes its inputs, then goes through the symmetric loss, the
gradients and AdamW. The three take turns, so that whatever else the machine does slows all of
them, and the ratio is the median of those of each turn. On a busy machine the figures by
processor second (of one core, waiting not counted) tell more than those by the clock.

Without files it makes its own: noisy pictures of 500 x 375 pixels and captions of about a dozen
words.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from retrieval.encoders import load_encoder
from retrieval.photos.reading import open_image
from training.encoders import TrainableEncoder, make_trainable
from training.encoders.precomputed import precompute_embeddings
from training.losses import make_loss
from training.starter.concept import read_class_names

Step = Callable[[], int]


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--captions", type=Path, help='lines of {"photo", "captions"}')
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--encoder", default="starter", help="a folder, or the starter as shipped")
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--text-batch", type=int, default=128)
    parser.add_argument("--plain-batch", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=4096)
    parser.add_argument("--head-steps", type=int, default=8, help="in a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="autocast in all three")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.captions:
            texts, photos = _read_pairs(arguments.captions, arguments.photos, arguments.pairs)
        else:
            texts, photos = _make_pairs(Path(folder), arguments.pairs)
        print(json.dumps(measure(texts, photos, arguments), indent=2))


def measure(
    texts: Sequence[str], photos: Sequence[Path], arguments: argparse.Namespace
) -> dict[str, object]:
    """Figures of the three ways over pairs of a text and its photo."""
    encoder = load_encoder(arguments.encoder)
    head = make_trainable(encoder, tune="head")
    distinct = list(dict.fromkeys(photos))
    embeddings = precompute_embeddings(head, distinct)[0]
    place = {photo: number for number, photo in enumerate(distinct)}
    own = torch.tensor([place[photo] for photo in photos])
    started = time.perf_counter()
    head.cache_texts(texts)
    caching = time.perf_counter() - started
    text = make_trainable(load_encoder(arguments.encoder), tune="text")
    plain = make_trainable(load_encoder(arguments.encoder), tune="head")

    def cached(rows: Sequence[int]) -> Tensor:
        return embeddings[own[list(rows)]]

    def embedded(rows: Sequence[int]) -> Tensor:
        size = plain.encoder.image_size
        return plain.photo_vectors([open_image(photos[row], 2 * size) for row in rows])

    bf16 = bool(arguments.bf16)
    ways: dict[str, tuple[Step, int]] = {
        "head": (_step(head, texts, cached, arguments.batch, bf16), arguments.head_steps),
        "text": (_step(text, texts, cached, arguments.text_batch, bf16), 1),
        "plain": (_step(plain, texts, embedded, arguments.plain_batch, bf16), 1),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    by_core: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(arguments.turns + 1):
        for name, (step, count) in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            pairs = sum(step() for _ in range(count))
            if turn:  # the first one warms up
                speeds[name].append(pairs / (time.perf_counter() - started))
                by_core[name].append(pairs / (time.process_time() - busy))
    ratios = [fast / slow for fast, slow in zip(speeds["head"], speeds["plain"], strict=True)]
    return {
        "pairs": len(texts),
        "photos": len(distinct),
        "threads": torch.get_num_threads(),
        "bf16": bf16,
        "batch": {"head": arguments.batch, "text": arguments.text_batch,
                  "plain": arguments.plain_batch},
        "pairs_per_second": {name: _spread(values) for name, values in speeds.items()},
        "pairs_per_processor_second": {name: _spread(values) for name, values in by_core.items()},
        "head_to_plain": _spread(ratios),
        "texts_per_second_cached_before": round(len(texts) / caching, 1),
    }  # fmt: skip


def _step(
    trainable: TrainableEncoder,
    texts: Sequence[str],
    photos_of: Callable[[Sequence[int]], Tensor],
    batch: int,
    bf16: bool,
) -> Step:
    loss_fn = make_loss("symmetric")
    groups = [*trainable.parameter_groups(1e-4, 0.05), {"params": list(loss_fn.parameters())}]
    optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=True)
    chance = random.Random(0)
    size = min(batch, len(texts))
    same = torch.zeros(size, size, dtype=torch.bool)
    trainable.module.train()

    def step() -> int:
        rows = chance.sample(range(len(texts)), size)
        photos = photos_of(rows)
        inputs = trainable.tokenize([texts[row] for row in rows])
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            vectors = trainable.text_vectors(inputs)
        loss = loss_fn(vectors, photos, same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return size

    return step


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "lowest": round(min(values), 1),
        "highest": round(max(values), 1),
    }


def _read_pairs(file: Path, folder: Path, count: int) -> tuple[list[str], list[Path]]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    pairs = [(text, folder / row["photo"]) for row in rows for text in row["captions"]][:count]
    return [text for text, _ in pairs], [photo for _, photo in pairs]


def _make_pairs(folder: Path, count: int) -> tuple[list[str], list[Path]]:
    chance, noise = random.Random(0), np.random.default_rng(0)
    names = [one.common for one in read_class_names()]
    texts = [
        f"A {chance.choice(names)} and a {chance.choice(names)} are next to the "
        f"{chance.choice(names)}."
        for _ in range(count)
    ]
    files = []
    for number in range(min(count, 256)):
        coarse = Image.fromarray(noise.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        files.append(folder / f"{number}.jpg")
        coarse.resize((500, 375), Image.Resampling.BICUBIC).save(files[-1], quality=90)
    return texts, [files[number % len(files)] for number in range(count)]


if __name__ == "__main__":
    main()
