"""How fast Photopal indexes beside rclip and sentence-transformers, on the same photos, in turns.

python -m tests.benchmarks.indexing_rivals --rclip PYTHON --sentence-transformers PYTHON

All three get the same architecture with the same random weights: CLIP ViT-B/32 that sees 256
pixels, Photopal and sentence-transformers as a checkpoint of transformers, rclip as the ONNX file
that its own model comes as (making it wants the package onnx beside torch). Each runs in a process
of its own by its own indexing code: Photopal's ``index_folders`` and rclip's ``ensure_index`` into
an empty database, sentence-transformers' ``encode`` of pictures opened by Pillow, which stores
nothing. What is timed begins when the model is loaded; Photopal's is converted for the processor by
then, which happens once in its life.

Printed are seconds a photo by the clock and by the processor. On a machine that others use as
well, quote the processor's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.tiny_checkpoints import make_clip

SIDE = 256
SIZES = {"small": (640, 480), "12 Mpx": (4000, 3000)}

_TIMED = """
import json, sys, time
from pathlib import Path
folder, model, scratch = map(Path, sys.argv[1:4])
{load}
wall, cpu = time.perf_counter(), time.process_time()
{index}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([wall, cpu]))
"""

_PHOTOPAL = (
    """
from retrieval.encoders import load_encoder
from retrieval.indexing import index_folders
from retrieval.library import Library
encoder = load_encoder("starter" if model.name == "starter" else model)
library = Library.open(scratch / "library.db", create=True)
from PIL import Image
encoder.encode_images([Image.new("RGB", (300, 300))] * 70)
encoder.encode_images([Image.new("RGB", (300, 300))])
""",
    "assert not index_folders(library, encoder, [folder]).failed",
)
_RCLIP = (
    """
import os
os.environ["RCLIP_DATADIR"] = str(model)
from rclip import db, main, model as models
tower = models.Model()
import numpy as np
tower.compute_preprocessed_image_features([np.zeros((3, 256, 256), np.float32)])
rclip = main.RClip(tower, db.DB(str(scratch / "db.sqlite3")), 8, None)
""",
    "rclip.ensure_index(str(folder))",
)
_SENTENCE_TRANSFORMERS = (
    """
from PIL import Image
from sentence_transformers import SentenceTransformer
encoder = SentenceTransformer(str(model), device="cpu")
encoder.encode([Image.new("RGB", (300, 300))])
""",
    """
paths = sorted(folder.iterdir())
for start in range(0, len(paths), 32):
    encoder.encode([Image.open(path) for path in paths[start : start + 32]])
""",
)


def main() -> None:
    """Make photos and checkpoints, run everything in turns, print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rclip", metavar="PYTHON", help="an interpreter that has rclip")
    parser.add_argument("--sentence-transformers", metavar="PYTHON")
    parser.add_argument("--before", metavar="FOLDER", help="an older checkout of Photopal, too")
    parser.add_argument("--small", type=int, default=96, help="photos of 640 x 480")
    parser.add_argument("--large", type=int, default=24, help="photos of 4000 x 3000")
    parser.add_argument("--turns", type=int, default=2)
    arguments = parser.parse_args()
    root = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        checkpoint = _checkpoint(work / "checkpoint")
        runs = {
            "photopal": (sys.executable, root, checkpoint, _PHOTOPAL),
            "photopal, starter": (sys.executable, root, Path("starter"), _PHOTOPAL),
        }
        if arguments.before:
            for run in list(runs):
                runs[f"{run}, before"] = (sys.executable, arguments.before, *runs[run][2:])
        if arguments.rclip:
            runs["rclip"] = (arguments.rclip, "", _as_onnx(checkpoint, work / "rclip"), _RCLIP)
        if arguments.sentence_transformers:
            python = arguments.sentence_transformers
            runs["sentence-transformers"] = (python, "", checkpoint, _SENTENCE_TRANSFORMERS)
        table = {}
        for kind, count in (("small", arguments.small), ("12 Mpx", arguments.large)):
            folder = _photos(work / kind, SIZES[kind], count)
            best = {run: (np.inf, np.inf) for run in runs}
            for _ in range(arguments.turns):
                for run, setting in runs.items():
                    spent = _timed(folder, count, work / "cache", *setting)
                    best[run] = min(best[run], spent, key=lambda s: s[1])
            table[kind] = {
                run: {"milliseconds": round(1000 * wall, 1), "of_processor": round(1000 * cpu, 1)}
                for run, (wall, cpu) in best.items()
            }
            print(json.dumps({kind: table[kind]}), file=sys.stderr)
    print(json.dumps(table))


def _timed(
    folder: Path,
    count: int,
    cache: Path,
    python: str,
    path: str,
    model: Path,
    code: tuple[str, str],
) -> tuple[float, float]:
    """Seconds a photo, by the clock and by the processor."""
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": path,
        "PHOTOPAL_CACHE": str(cache),
    }
    environment.pop("OMP_NUM_THREADS", None)
    with tempfile.TemporaryDirectory() as scratch:
        program = _TIMED.format(load=code[0], index=code[1])
        done = subprocess.run(
            [python, "-c", program, str(folder), str(model), scratch],
            env=environment,
            cwd=path or scratch,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    return wall / count, cpu / count


def _photos(folder: Path, size: tuple[int, int], count: int) -> Path:
    """Photos of chance, as smooth and as grainy as those of a phone."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(count):
        coarse = chance.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        grain = chance.normal(0, 4, (size[1], size[0], 1))
        pixels = (np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04}.jpg", quality=90)
    return folder


def _checkpoint(folder: Path) -> Path:
    import torch
    from transformers import CLIPConfig, CLIPModel

    make_clip(folder)
    torch.manual_seed(0)
    text = json.loads((folder / "config.json").read_text())["text_config"]
    sizes = {name: text[name] for name in ("vocab_size", "eos_token_id", "bos_token_id")}
    config = CLIPConfig(vision_config={"image_size": SIDE, "patch_size": 32}, text_config=sizes)
    CLIPModel(config).save_pretrained(folder)
    file = folder / "preprocessor_config.json"
    settings = json.loads(file.read_text()) | {"size": SIDE, "crop_size": SIDE}
    file.write_text(json.dumps(settings))
    return folder


def _as_onnx(checkpoint: Path, folder: Path) -> Path:
    import torch
    from transformers import CLIPModel

    class Tower(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = CLIPModel.from_pretrained(checkpoint).eval()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.model.get_image_features(pixel_values=pixels).pooler_output

    inside = folder / "ViT-B-32-256-datacomp_s34b_b86k"
    inside.mkdir(parents=True)
    torch.onnx.export(
        Tower(),
        (torch.zeros(2, 3, SIDE, SIDE),),
        inside / "visual.onnx",
        input_names=["input"],
        output_names=["output"],
        dynamic_axes={"input": {0: "n"}, "output": {0: "n"}},
        dynamo=False,
    )
    return folder


if __name__ == "__main__":
    main()
