"""Imports point downwards, the engine knows no web, and what answers requests loads no training library."""

import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import personalize_web.engine

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
SHARED = {"ui", "accounts"}


def python(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_of_the_layers_are_kept():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_every_client_stands_in_the_contract():
    clients = {folder.name for folder in (ROOT / "apps").iterdir() if (folder / "__init__.py").exists()} - SHARED
    layers = CONFIGURATION["contracts"][0]["layers"]
    assert {name.strip() for name in layers[0].split("|")} == {f"apps.{name}" for name in clients}


def test_the_engine_loads_without_django():
    modules = [
        found.name for found in pkgutil.walk_packages(personalize_web.engine.__path__, "personalize_web.engine.")
    ]
    assert len(modules) > 30
    lines = [f"import {name}" for name in modules if ".nets" not in name]
    python("\n".join(["import sys", *lines, "assert not {'django', 'celery', 'rest_framework'} & set(sys.modules)"]))


@pytest.mark.parametrize("module", ["personalize_web.urls", "personalize_web.workers.tasks"])
def test_web_and_idle_workers_start_without_torch(module, settings):
    python(
        "import os, sys\n"
        f"os.environ.update(DATA_DIR={str(settings.DATA_DIR)!r}, DJANGO_SETTINGS_MODULE='personalize_web.settings')\n"
        f"import django; django.setup(); import {module}\n"
        "assert 'torch' not in sys.modules, 'torch was loaded'"
    )
