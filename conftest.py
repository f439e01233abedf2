"""What all tests share: `--prove` also runs those that prove everything (`make prove`)."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--prove",
        action="store_true",
        help="also run what takes long: all mutants, all attacks, two builds compared",
    )


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of its own
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `--prove` runs; keep tests that share something slow in one process."""
    if not config.getoption("--prove"):
        kept = [item for item in items if item.get_closest_marker("prove") is None]
        left = [item for item in items if item.get_closest_marker("prove") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    for item in items:
        for fixture in ("site", "course", "attacked"):  # the slowest first
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(fixture))
                break
    # The executed build is the longest single step: whoever has it begins at once.
    items.sort(key=lambda item: "site" not in getattr(item, "fixturenames", ()))
