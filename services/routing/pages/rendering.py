"""Renders the templates of this folder."""

from pathlib import Path

from libs.pages.rendering import Renderer

page = Renderer(Path(__file__).parent / "templates")
