"""timm and open_clip load beside a torchvision that does not fit torch.

Where none is installed, the other tests show that they load without it.
"""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from training.bench.embedders.torchvision_import import import_without_torchvision
timm, open_clip = import_without_torchvision("timm", "open_clip")
assert not [name for name in sys.modules if name.partition(".")[0] == "torchvision"]
from transformers.utils import is_torchvision_available
print(len(timm.list_models("resnet50")), "RN50" in open_clip.list_models())
"""
DOES_NOT_FIT = """
from . import transforms
raise RuntimeError("operator torchvision::nms does not exist")
"""


def test_both_are_imported_all_the_same(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(DOES_NOT_FIT)
    (package / "transforms.py").write_text("")
    root = Path(__file__).parents[4]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.stdout == "1 True\n", done.stderr
