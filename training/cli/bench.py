"""``photopal bench``: ways to embed photos and texts, compared by recipes on data sets."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.factories import open_encoder
from bot.cli.indexing import index_with_progress
from bot.cli.main import FAILED
from bot.cli.options import DebugOption, JsonOption, flag
from bot.cli.output import counted, note, results
from bot.cli.plugins import require_packages
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from training.bench.compare import System
    from training.bench.recipes import Recipe, RecipeFile
    from training.bench.result import Row
    from training.bench.run import Bench

NEEDED = (
    "scipy",
    "matplotlib",
    "jinja2",
    "ir_measures",
    "yaml",
    "timm",
    "open_clip",
    "sentence_transformers",
)

RecipesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--recipes", metavar="FILE", help="Recipes of your own (YAML); may be given several times."
    ),
]
DataOption = Annotated[
    Path,
    typer.Option(
        "--data", metavar="DIR", help="Where the paths in recipes start.", show_default=False
    ),
]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda or mps.")
]
BatchOption = Annotated[
    int,
    typer.Option(
        "--batch-size",
        metavar="N",
        min=1,
        max=65_536,
        help="Photos embedded together; halved when the memory does not hold them.",
    ),
]
FreshOption = Annotated[
    bool, flag("--fresh", help="Measure again what was measured already; vectors are kept.")
]


def list_recipes(
    recipes: RecipesOption = None, as_json: JsonOption = False, debug: DebugOption = False
) -> None:
    """List the recipes there are, by file."""
    _require()
    from training.bench.recipes import all_recipes

    with results(as_json) as shown:
        found = all_recipes(recipes or ())
        if as_json:
            shown.json({"files": [_file_as_dict(file) for file in found]})
            return
        for file in found:
            shown.line(f"{file.name}: {file.title}")
            for name, recipe in file.recipes.items():
                known = f"  [{len(recipe.expected)} known]" if recipe.expected else ""
                shown.line(f"  {name}{known}  {recipe.about}")


def run_recipes(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME…", help="Recipes, or files of recipes as bench list has them."
        ),
    ],
    recipes: RecipesOption = None,
    data: DataOption = Path(),
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Write the reports there (default: under PHOTOPAL_HOME)."
        ),
    ] = None,
    device: DeviceOption = "auto",
    batch_size: BatchOption = 32,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure recipes and write the report.

    Vectors and results are kept: an interrupted run goes on where it stopped.
    """
    _require()
    from training.bench.recipes import all_recipes, chosen_recipes
    from training.bench.report.text import table_lines
    from training.bench.report.write import default_folder, write_reports

    with results(as_json) as shown:
        chosen = chosen_recipes(all_recipes(recipes or ()), names)
        with _bench(data, device, batch_size, fresh) as bench:
            rows, kept = bench.measure(chosen)
        folder = out or default_folder(names)
        if as_json:
            shown.json({"recipes": [row.as_dict() for row in rows], "out": str(folder)})
        else:
            for line in table_lines(rows):
                shown.line(line)
        write_reports(rows, kept, folder, f"Bench: {', '.join(names)}")
        note(f"Reports: {folder / 'report.html'} and more in {folder}")
        _leave(rows)


def compare_systems(
    a: Annotated[str, typer.Argument(metavar="A", help="A recipe, or a run file.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    qrels: Annotated[
        Path | None,
        typer.Option(
            "--qrels",
            metavar="FILE",
            help="What is right for a run file (default: NAME.qrels beside NAME.run).",
        ),
    ] = None,
    recipes: RecipesOption = None,
    data: DataOption = Path(),
    device: DeviceOption = "auto",
    batch_size: BatchOption = 32,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare two recipes or run files, paired by query: which is better, and is it luck?"""
    _require()
    from training.bench.compare import compared
    from training.bench.report.text import comparison_lines

    with results(as_json) as shown:
        with _bench(data, device, batch_size, fresh=False) as bench:
            first, second = _systems((a, b), qrels, recipes or (), bench)
        found = compared(first, second)
        if as_json:
            shown.json(
                {
                    "a": first.name,
                    "b": second.name,
                    "n": len(first.queries),
                    "measures": [one.as_dict() for one in found],
                }
            )
            return
        for line in comparison_lines(first, second, found):
            shown.line(line)


def check_recipes(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME…]", help="Recipes or files of them (default: all)."),
    ] = None,
    recipes: RecipesOption = None,
    data: DataOption = Path(),
    device: DeviceOption = "auto",
    batch_size: BatchOption = 32,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure every recipe whose figures are known; exit 1 when one has drifted."""
    _require()
    from training.bench.check import DRIFT, checked, with_expectations
    from training.bench.recipes import all_recipes, chosen_recipes
    from training.errors import RecipeInvalid

    with results(as_json) as shown:
        found = all_recipes(recipes or ())
        chosen = with_expectations(chosen_recipes(found, names or [file.name for file in found]))
        if not chosen:
            raise RecipeInvalid("no figure is known of these recipes: nothing to check")
        with _bench(data, device, batch_size, fresh) as bench:
            rows, _ = bench.measure(chosen)
        verdicts = checked(chosen, rows)
        drifted = sum(one.verdict == DRIFT for one in verdicts)
        if as_json:
            shown.json({"checked": [one.as_dict() for one in verdicts], "drifted": drifted})
        else:
            for one in verdicts:
                shown.line(one.told())
        if drifted:
            raise typer.Exit(FAILED)


def build_bench() -> typer.Typer:
    """The command with its sub-commands."""
    app = typer.Typer(
        help="Compare ways to embed photos and texts, by recipes on data sets.",
        no_args_is_help=True,
    )
    app.command("list")(list_recipes)
    app.command("run")(run_recipes)
    app.command("compare")(compare_systems)
    app.command("check")(check_recipes)
    return app


bench = build_bench()


def _require() -> None:
    require_packages("bench", "bench", NEEDED)


def _file_as_dict(file: "RecipeFile") -> dict[str, Any]:
    return {
        "name": file.name,
        "title": file.title,
        "about": file.about,
        "recipes": {
            name: recipe.model_dump(mode="json", exclude_none=True)
            for name, recipe in file.recipes.items()
        },
    }


def _systems(
    names: Sequence[str], qrels: Path | None, more: Sequence[Path], bench: "Bench"
) -> list["System"]:
    """What two names stand for: run files, or recipes, which are measured where they were not."""
    from training.bench.compare import of_recipe, of_run_file, qrels_beside
    from training.bench.recipes import all_recipes, chosen_recipes
    from training.errors import RecipeNotMeasured

    of_files = [name for name in names if Path(name).is_file()]
    of_recipes = [name for name in names if name not in of_files]
    chosen: Mapping[str, Recipe] = (
        chosen_recipes(all_recipes(more), of_recipes) if of_recipes else {}
    )
    for name in of_recipes:
        if name not in chosen:
            raise RecipeNotMeasured(f"{name} is a file of recipes: name one recipe of it")
    rows, kept = bench.measure(chosen)
    for row in rows:
        if row.name not in kept:
            raise RecipeNotMeasured(f"{row.name} gave no figures: {row.told()}")  # type: ignore[union-attr]
    found = []
    for name in names:
        if name in of_files:
            path = Path(name)
            beside = qrels or qrels_beside(path)
            if not beside.is_file() and kept:
                beside = next(iter(kept.values())).qrels
            found.append(of_run_file(path, beside))
        else:
            found.append(of_recipe(kept[name]))
    return found


def _leave(rows: Sequence["Row"]) -> None:
    """Exit status 1 when a recipe failed, or none gave figures."""
    from training.bench.result import NotMeasured

    without = [row for row in rows if isinstance(row, NotMeasured)]
    if len(without) == len(rows) or any(row.failed for row in without):
        note(f"photopal: {counted(len(without), 'recipe')} of {len(rows)} gave no figures")
        raise typer.Exit(FAILED)


@contextmanager
def _bench(data: Path, device: str, batch_size: int, fresh: bool) -> Iterator["Bench"]:
    """A bench with its progress on standard error."""
    from training.bench.run import Bench, Host, Options

    bar = progress_bar("Bench")
    task: Any = None
    doing = ""

    def progress(what: str, done: int, total: int) -> None:
        nonlocal task, doing
        if task is None or what != doing:
            if task is not None:
                bar.remove_task(task)
            bar.start()
            task, doing = bar.add_task("", more=what), what
        bar.update(task, completed=done, total=total)

    host = Host(load_encoder=open_encoder, progress=progress, note=note, index=index_with_progress)
    options = Options(data.expanduser(), device, batch_size, fresh)
    try:
        yield Bench(options, host)
    except KeyboardInterrupt:
        bar.stop()
        note("photopal: interrupted; vectors and results are kept, run it again to go on")
        raise
    finally:
        bar.stop()
