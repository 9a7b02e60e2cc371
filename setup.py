from setuptools import setup

setup()  # everything is in pyproject.toml; this file is for tools that look for it
