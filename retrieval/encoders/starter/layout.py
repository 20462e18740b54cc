"""Sizes and names of the starter encoder's parts, for whoever needs no network."""

IMAGE_SIDE = 240
FEATURES = 1280
MAP_CHANNELS = 192
MAP_GRID = 3
PHOTO_FEATURES = 2 * FEATURES + (3 + MAP_GRID**2) * MAP_CHANNELS
CLASSES = 1000
STATE_DIM = 384
MAX_TEXT_TOKENS = 128

SCENE_DIM = 512
CONCEPT_DIM = STATE_DIM
DIM = SCENE_DIM + CONCEPT_DIM

WEIGHTS_NAME = "heads.safetensors"
SCENE_NAME = "scene.safetensors"

PREPROCESSING = {"side": IMAGE_SIDE, "resize": "squash, bicubic", "mean": 127, "scale": 128}
