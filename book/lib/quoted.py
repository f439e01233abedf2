"""What the book quotes from papers: kept once in `data/quoted`, by source and place."""

import tomllib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "data" / "quoted"


def quoted(source: str, place: str) -> dict[str, np.ndarray]:
    """The columns of one table, or the figures of one section, as `source` prints them.

    `source` is a key of references.bib, `place` such as "Table 5". A column is an array (rows,),
    a single figure an array without axes.
    Raises LookupError, naming what there is, if the source or the place is not kept.
    """
    path = FOLDER / f"{source}.toml"
    if not path.is_file():
        raise LookupError(f"quoted: nothing is kept of {source!r}: add {path.name}")
    places = tomllib.loads(path.read_text(encoding="utf8"))
    if place not in places:
        raise LookupError(f"quoted: {path.name} has no {place!r}, only {', '.join(places)}")
    return {name: np.array(value) for name, value in places[place].items() if name != "what"}
