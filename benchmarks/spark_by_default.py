"""Runs a module with local Spark as it comes: no archive of classes, no flags of the JVM, no settings of ours."""

import runpy
import sys

from dataops_platform.engines import spark_classes, spark_command

if __name__ == "__main__":
    spark_command.settings = spark_command.needed
    spark_classes.flags = lambda _java, _jars: []
    _, module, *sys.argv[1:] = sys.argv
    runpy.run_module(module, run_name="__main__", alter_sys=True)
